#!/usr/bin/env bash
# The checks of the project, stage by stage: tools/run_tests.sh [folder of the environment's programs [all or quick]]
# `quick` leaves out the tests that are marked thorough.
# Each stage runs even if an earlier one failed; the last lines say how each went and how long it took.
# The browser's stage waits for pages half of its time, so it runs beside the others; what it said is shown at the end.
set -u
cd "$(dirname "$0")/.." || exit 1

bin=${1:-.venv/bin}
jobs=${JOBS:-2}
case ${2:-all} in
  all) these="not slow" ;;
  quick) these="not slow and not thorough" ;;
  *) echo "${0##*/}: $2 is neither all nor quick" >&2; exit 2 ;;
esac
summary=()
failed=0

# One thread a process: the stages below use `jobs` processes on as many cores.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export JUPYTER_PREFER_ENV_PATH=1

stage() {
  local name=$1 start=$SECONDS result=passed
  shift
  printf '\n== %s\n' "$name"
  "$@" || { result=FAILED; failed=1; }
  summary+=("$(printf '%-22s %s, %d s' "$name" "$result" $((SECONDS - start)))")
}

skip() {
  printf '\n== %s\nskipped: %s\n' "$1" "$2"
  summary+=("$(printf '%-22s skipped: %s' "$1" "$2")")
}

# A stage in the background: `beside name command…` begins it, `join` shows what it said and takes its result.
# It has a process group of its own, which Ctrl-C would not reach.
beside() {
  said=$(mktemp)
  set -m
  ( stage "$@" > "$said" 2>&1; printf '%s\n' "${summary[@]}" > "$said.summary"; exit "$failed" ) &
  other=$!
  set +m
  trap 'kill -INT -- "-$other"; wait "$other"; rm -f "$said" "$said.summary"; exit 130' INT
}

join() {
  [ -n "${other:-}" ] || return
  wait "$other" || failed=1
  cat "$said"
  summary+=("$(tail -n 1 "$said.summary")")
  rm -f "$said" "$said.summary"
  trap - INT
}

find_chromium() {
  if [ -n "${CHROMIUM:-}" ]; then echo "$CHROMIUM"; return; fi
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

style() { "$bin/ruff" check . && "$bin/ruff" format --check .; }

stage "style" style

if [ ! -d tests/browser ]; then
  skip "browser" "there is no tests/browser"
elif chromium=$(find_chromium); then
  CHROMIUM=$chromium beside "browser" "$bin/python" -m pytest -q -n "$jobs" -m "$these" tests/browser
else
  skip "browser" "no Chromium here; install it (Debian: apt-get install chromium) or set CHROMIUM=/path/to/it"
fi

if ls notebooks/*.ipynb > /dev/null 2>&1; then
  # loadscope keeps the cells of one notebook in one kernel.
  stage "strict nbval" "$bin/python" -m pytest -q -n "$jobs" --dist loadscope \
    --nbval notebooks
else
  skip "strict nbval" "there is no notebook in notebooks/"
fi

# The last, since many small tests leave no process idle at the end.
# worksteal keeps a module's tests in one process, so that what they share is made once.
stage "unit and property" "$bin/python" -m pytest -q -n "$jobs" --dist worksteal -m "$these" \
  --doctest-modules lite_mamba tests --ignore=tests/browser

join

printf '\n== summary (%d s)\n' "$SECONDS"
printf '%s\n' "${summary[@]}"
exit "$failed"
