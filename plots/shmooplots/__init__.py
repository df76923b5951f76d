"""Charts from a results file of shmoo.

reading   the file, checked, as cells and samples      units     bytes, nanoseconds and rates as text and ticks
contest   who wins a cell, and by how much             words     what contracts, workloads and sizes are called
sheet     a figure with title, footer and notes        style     one colour and marker per mechanism
panel     one small diagram with logarithmic axes      curves    time and throughput against size and processes
globals   what fork costs                              shmoo     the maps of winners
classes   which samples a chart shows                  distance  how far mechanisms are from the floor
page      index.html, with page.css and page.js        command   arguments, files, errors

A chart is one function that takes the results and their looks and returns charts; `command.CHARTS` lists them.
"""
