#!/usr/bin/env bash
# Makes otelsim/report/assets/echarts.min.js: the parts of Apache ECharts that library.js names, in one file (with npm).
# To renew it: change the versions, run this, run tests/report, look at a page, and change the version in NOTICE.
set -euo pipefail
echarts=6.1.0 esbuild=0.28.2
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../otelsim/report/assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/library.js" "$work"
cd "$work"
npm install --no-audit --no-fund --silent "echarts@$echarts" "esbuild@$esbuild"
node_modules/.bin/esbuild library.js --bundle --minify --format=iife --global-name=echarts --target=es2020 \
  --legal-comments=none --banner:js="/*! Apache ECharts $echarts (parts of it). Licence and notices: LICENSE-echarts.txt */" --outfile=made.js
cp made.js "$out/echarts.min.js"
{
  cat node_modules/echarts/NOTICE
  echo
  cat node_modules/echarts/LICENSE
  for package in zrender tslib; do
    printf '\n\n%s\n\n' "The file contains parts of $package, under this licence:"
    cat "node_modules/$package"/LICENSE*
  done
  printf '\n\n%s\n\n' "ECharts contains parts of d3, under this licence:"
  cat node_modules/echarts/licenses/LICENSE-d3
} > "$out/LICENSE-echarts.txt"
