# What every target of the project shares, and one helper per kind of target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(SHMOO_TESTS "Build the tests" OFF)
option(SHMOO_WERROR "Treat warnings as errors" OFF)
set(SHMOO_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, e.g. address,undefined or thread")

find_package(Threads REQUIRED)
find_package(benchmark REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc)
add_library(hwloc ALIAS PkgConfig::hwloc)
# Peers: optional. What is not there is listed as left out.
pkg_check_modules(hiredis IMPORTED_TARGET hiredis)

add_library(shmoo_options INTERFACE)
target_include_directories(shmoo_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/bench)
# Joining neighbouring 8-byte stores into one of 16 goes by way of the stack in GCC 12, where the load waits for both: 20 cycles
# for a header of two words. Loops are vectorised as before.
set(shmoo_code_flags -fno-tree-slp-vectorize)
target_compile_options(shmoo_options INTERFACE ${shmoo_code_flags})
target_compile_options(shmoo_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-interference-size
  $<$<BOOL:${SHMOO_WERROR}>:-Werror>)
if(SHMOO_SANITIZE)
  target_compile_options(shmoo_options INTERFACE -fsanitize=${SHMOO_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(shmoo_options INTERFACE -fsanitize=${SHMOO_SANITIZE})
endif()

# shmoo_library(name [ROOT folder] [LINKS target...]): all sources below src/name, or below ROOT.
function(shmoo_library name)
  cmake_parse_arguments(ARG "" "ROOT" "LINKS" ${ARGN})
  if(NOT ARG_ROOT)
    set(ARG_ROOT src/${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARG_ROOT}/*.cpp)
  if(sources)
    add_library(shmoo_${name} STATIC ${sources})
    target_link_libraries(shmoo_${name} PUBLIC shmoo_options ${ARG_LINKS})
  else()
    add_library(shmoo_${name} INTERFACE)
    target_link_libraries(shmoo_${name} INTERFACE shmoo_options ${ARG_LINKS})
  endif()
endfunction()

# shmoo_embed(library file): the text of a file for that library, as shmoo::embedded::NAME in NAME.hpp, NAME without extension.
function(shmoo_embed library file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/embedded/${name}.hpp @ONLY CONTENT
    "#pragma once\nnamespace shmoo::embedded {\ninline constexpr char @name@[] = R\"text(@text@)text\";\n}\n")
  target_include_directories(shmoo_${library} PRIVATE ${PROJECT_BINARY_DIR}/embedded)
endfunction()

# shmoo_program(name SOURCES glob... LINKS target...): CLI11 belongs to programs alone.
function(shmoo_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${ARG_SOURCES})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} CLI11::CLI11)
  target_compile_definitions(${name} PRIVATE SHMOO_VERSION="${PROJECT_VERSION}")
endfunction()

# shmoo_build_facts(source): tells that one file the commit, compiler and flags; only it is built anew when the commit changes.
function(shmoo_build_facts source)
  set(header ${PROJECT_BINARY_DIR}/facts/commit.hpp)
  add_custom_target(shmoo_commit BYPRODUCTS ${header}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${header} -P ${PROJECT_SOURCE_DIR}/cmake/commit.cmake)
  add_dependencies(shmoo_bench shmoo_commit)
  string(TOUPPER ${CMAKE_BUILD_TYPE} type)
  string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${shmoo_code_flags}" flags)
  target_include_directories(shmoo_bench PRIVATE ${PROJECT_BINARY_DIR}/facts)
  set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS
    "SHMOO_COMPILER=\"${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}\";SHMOO_FLAGS=\"${flags}\";SHMOO_SANITIZERS=\"${SHMOO_SANITIZE}\"")
endfunction()

# A test that takes as long as its TIMEOUT hangs; test::patience() mostly ends it earlier.
#
# shmoo_tests(folder LINKS target...): one test program per folder below tests/, one CTest entry per fact.
function(shmoo_tests folder)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  string(REPLACE "/" "_" name ${folder})
  add_executable(test_${name} ${sources})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE ${ARG_LINKS} GTest::gtest_main GTest::gmock)
  gtest_discover_tests(test_${name} PROPERTIES TIMEOUT 300 LABELS ${folder} DISCOVERY_TIMEOUT 60)
endfunction()

# shmoo_pytests(folder): the pytest files of a folder below tests/ as one CTest entry; $SHMOO is the program.
function(shmoo_pytests folder)
  # The system's Python first: another one in PATH does not see the modules that packages.txt brings.
  find_program(SHMOO_PYTHON python3 HINTS /usr/bin REQUIRED)
  add_test(NAME pytest.${folder}
    COMMAND ${SHMOO_PYTHON} -B -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  set_tests_properties(pytest.${folder} PROPERTIES TIMEOUT 900 LABELS ${folder} ENVIRONMENT "SHMOO=$<TARGET_FILE:shmoo>")
endfunction()
