#!/bin/sh
# Chromium without the pages that each window of it loads for the list under its address bar, which no test opens: they
# take a second of a processor. Of two such switches the last one counts, so they are added to the driver's own.
for switch; do
  shift
  case "$switch" in
    --disable-features=*) switch="$switch,WebUIOmniboxPopup,WebUIOmniboxAimPopup" ;;
  esac
  set -- "$@" "$switch"
done
exec "${TERRACE_CHROMIUM:-/usr/bin/chromium}" "$@"
