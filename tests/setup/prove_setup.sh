#!/usr/bin/env bash
# Proves that ./shmoo sets up a machine on which nothing is installed by hand: a minimal Debian 12, made with debootstrap in a
# temporary folder and entered with chroot, with a clean clone of the last commit in it.
#
#   sudo tests/setup/prove_setup.sh [--tests] [--keep]
#
#   --tests   run ./shmoo test in there, too, as a normal user (adds some ten minutes)
#   --keep    leave the system for a look; its folder is printed
#
# Needs root, the packages debootstrap and git, and the Debian mirror that this machine's apt uses (on other systems: name one
# in MIRROR). Needs some 2 GB below $TMPDIR. Not part of ./shmoo test. Exit code: 0 = every step held.
set -u -o pipefail

with_tests=0 keep=0
for word; do
  case $word in
    --tests) with_tests=1 ;;
    --keep) keep=1 ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0" && exit 2 ;;
  esac
done
((EUID == 0)) || { echo "prove_setup: needs root, for debootstrap and chroot" >&2 && exit 2; }
checkout=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd -P)
# shellcheck disable=SC2016  # apt fills in $(SITE)
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' 'Origin: Debian' | sort -u | head -n 1)}
[[ -n $mirror ]] || { echo "prove_setup: apt here knows no mirror of Debian 12; name one: MIRROR=http://..." >&2 && exit 2; }

base=$(mktemp -d "${TMPDIR:-/tmp}/shmoo-setup-XXXXXX")
system=$base/system
unmount_all() { awk -v below="$system/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r | while read -r at; do umount -l "$at"; done; }
clean_up() {
  unmount_all
  if ((keep)); then echo "kept: $system"; else rm -rf --one-file-system "$base"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

mount_all() {
  mount -t proc proc "$system/proc" || exit 1
  mount -t sysfs -o ro sysfs "$system/sys"
  mkdir -p "$system/dev/pts" "$system/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$system/dev/pts"
  mount -t tmpfs -o mode=1777,size=1g tmpfs "$system/dev/shm"
}

# inside USER COMMAND...: in the system, with nothing but PATH and HOME, without a terminal. Fills out, err, status, seconds.
inside() {
  local user=$1 home=/home/$1 start=$SECONDS
  [[ $user == root ]] && home=/root
  shift
  status=0
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" setsid --wait \
    chroot --userspec="$user:$user" "$system" "$@" </dev/null >"$base/out" 2>"$base/err" || status=$?
  out=$(<"$base/out") err=$(<"$base/err") seconds=$((SECONDS - start))
}

steps=0
# Judges the condition that stands in front of it.
verdict() {
  if (($? == 0)); then
    steps=$((steps + 1))
    printf 'ok %d - %s (%s s)\n' "$steps" "$1" "$seconds"
    return
  fi
  printf 'NOT OK - %s\nexit code %s\n--- stdout (end)\n%s\n--- stderr (end)\n%s\n' "$1" "$status" "$(tail -n 30 "$base/out")" \
    "$(tail -n 30 "$base/err")"
  exit 1
}

names() { awk -v needs=" $* " '!/^#/ && NF && index(needs, " " $2 " ") {print $1}' "$checkout/packages.txt" | paste -sd ' '; }

echo "making a minimal Debian 12 in $system"
debootstrap --variant=minbase bookworm "$system" "$mirror" >"$base/debootstrap.log" 2>&1 ||
  { tail -n 20 "$base/debootstrap.log" >&2 && exit 1; }
cp /etc/resolv.conf "$system/etc/resolv.conf"
proxy=$(apt-config shell proxy Acquire::http::Proxy | sed -n "s/^proxy='\(.*\)'$/\1/p")
[[ -z $proxy ]] || echo "Acquire::http::Proxy \"$proxy\";" >"$system/etc/apt/apt.conf.d/90proxy"
chroot "$system" useradd --create-home --shell /bin/bash plain
git clone -q --no-hardlinks "$checkout" "$system/srv/shmoo" && cp -r "$system/srv/shmoo" "$system/home/plain/shmoo" || exit 1
chroot "$system" chown -R plain:plain /home/plain

# --- nothing is there, and no right to change that ---
message="shmoo: no right to install what is missing; as root: apt-get install --no-install-recommends $(names build)"
inside plain /home/plain/shmoo/shmoo list
((status == 2)) && [[ -z $out && $err == "$message" ]]
verdict "without /proc, /sys and the right to install: one line with exactly the packages, exit 2"
mount_all
inside plain /home/plain/shmoo/shmoo list
((status == 2)) && [[ -z $out && $err == "$message" ]]
verdict "without the right to install: one line with exactly the packages, exit 2"
inside plain /home/plain/shmoo/shmoo run
((status == 2)) && [[ $err == *" $(names build plot)" ]]
verdict "run asks for what charts need, too"
inside plain /home/plain/shmoo/shmoo test
((status == 2)) && [[ $err == *" $(names build plot test)" ]]
verdict "test asks for everything"
inside plain /home/plain/shmoo/shmoo nonsense
((status == 2)) && (($(wc -l <"$base/err") == 1))
verdict "an unknown verb is refused in one line"
inside plain /home/plain/shmoo/shmoo --help
((status == 0)) && [[ $out == usage:* ]]
verdict "help needs nothing"

# --- root ---
inside root /srv/shmoo/shmoo list
((status == 0)) && (($(wc -l <"$base/out") > 100))
verdict "root: installs, builds and lists"
sed 's/^/    /' "$base/err"
inside root /srv/shmoo/shmoo list
((status == 0)) && [[ -z $err ]]
verdict "root: says nothing when all is up to date"
inside root /srv/shmoo/shmoo demo
((status == 0)) && [[ $out == *"{'a': 10, 'b': 20, 'c': 30}" ]]
verdict "root: demo"

# --- a user whom sudo lets install ---
inside plain /home/plain/shmoo/shmoo run
((status == 2)) && [[ $err == *"--no-install-recommends $(names plot)" ]]
verdict "a user without sudo: one line with what charts still need"
inside root apt-get -qq -y install --no-install-recommends sudo
inside plain /home/plain/shmoo/shmoo run
((status == 2)) && [[ $err == *"--no-install-recommends $(names plot)" && $(wc -l <"$base/err") == 1 ]]
verdict "a user whom sudo refuses: the same line"
echo 'plain ALL=(ALL) NOPASSWD: ALL' >"$system/etc/sudoers.d/plain"
inside plain sh -c 'cd / && ln -s ~/shmoo/shmoo ~/link && cd && ./link run --profile quick --out q.json'
((status == 0)) && [[ -s $system/home/plain/q.json ]]
verdict "a user with sudo, through a link: installs the rest, builds and runs the quick profile"
sed 's/^/    /' "$base/err" | grep 'shmoo: ' || true
rm "$system/etc/sudoers.d/plain"
inside plain sh -c 'cd && shmoo/shmoo plot q.json --out charts'
((status == 0)) && [[ -s $system/home/plain/charts/index.html ]]
verdict "a user without rights: draws charts"

# --- other people's checkouts ---
inside plain /srv/shmoo/shmoo list
((status == 0)) && [[ -z $err ]]
verdict "a user without rights: uses what root has built"
touch "$system/srv/shmoo/bench/main.cpp"
inside plain /srv/shmoo/shmoo list
((status == 2)) && (($(wc -l <"$base/err") == 1))
verdict "a user without rights: cannot build in root's checkout, one line, exit 2"
mount --bind "$system/srv/shmoo" "$system/mnt" && mount -o remount,bind,ro "$system/mnt" || exit 1
inside root /mnt/shmoo list
((status == 2)) && [[ $err == *SHMOO_BUILD_DIR* && $(wc -l <"$base/err") == 1 ]]
verdict "a read-only checkout: one line, exit 2"
inside plain sh -c 'cd && SHMOO_BUILD_DIR=elsewhere /mnt/shmoo list'
((status == 0)) && [[ -x $system/home/plain/elsewhere/release/shmoo ]]
verdict "a user without rights, a read-only checkout: builds elsewhere"
inside plain sh -c 'cd && SHMOO_BUILD_DIR=elsewhere /mnt/shmoo plot q.json --out charts-from-elsewhere'
((status == 0)) && [[ -s $system/home/plain/charts-from-elsewhere/index.html ]]
verdict "a program that was built elsewhere draws charts"
umount -l "$system/mnt"

# --- the program alone ---
install -m 755 "$system/home/plain/shmoo/build/release/shmoo" "$system/usr/local/bin/alone"
mv "$system/home/plain/shmoo" "$system/home/plain/gone"
for verb in list demo doctor "run --filter value/increment/atomic/ --rounds 1 --out alone.json"; do
  inside plain sh -c "cd && alone $verb"
  ((status == 0)) || { [[ $verb == doctor ]] && ((status == 1)); }
  verdict "the program alone: ${verb%% *}"
done
inside plain sh -c 'cd && alone plot alone.json'
((status == 2)) && (($(wc -l <"$base/err") == 1))
verdict "the program alone: plot says in one line what it lacks, exit 2"
mv "$system/home/plain/gone" "$system/home/plain/shmoo"

# --- less of a machine ---
umount -l "$system/sys" "$system/proc"
inside plain alone doctor
((status == 1)) && [[ $out == *"/proc is not mounted"*"/sys is not mounted"* ]]
verdict "without /proc and /sys: doctor says so"
inside plain /home/plain/shmoo/shmoo list
((status == 0)) && [[ -z $err ]]
verdict "without /proc and /sys: the entry hands over"
umount -l "$system/dev/shm"
chmod 755 "$system/dev/shm"
inside plain alone doctor
((status == 1)) && [[ $out == *"/dev/shm is missing or not writable"* ]]
verdict "without /dev/shm: doctor says so"
unmount_all
mount_all

if ((with_tests)); then
  read -ra packages <<<"$(names test)"
  inside root apt-get -qq -y install --no-install-recommends "${packages[@]}"
  ((status == 0))
  verdict "packages for the tests can be installed"
  inside plain /home/plain/shmoo/.ci/run
  ((status == 0))
  verdict "a normal user: CI"
  tail -n 4 "$base/out" | sed 's/^/    /'
fi
echo "all $steps facts hold"
