# SPDX-License-Identifier: Apache-2.0
# stack.sh STACK - one /checkout through the whole stack on this machine's loopback, with
# each variant of order-service; `traceview show --spans` waits for every span of the trace.
set -euo pipefail

for order in zero-code custom manual; do
	bash "$1" --once --order "$order" --backend traceview
done
