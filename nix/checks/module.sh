# SPDX-License-Identifier: Apache-2.0
# module.sh - in the folder of the units: what options say is in them, and what is off is nowhere.
set -euo pipefail

has() { # FILE LINE
	[[ $'\n'$(<"$1")$'\n' == *$'\n'"$2"$'\n'* ]] || {
		echo "$1 has no line: $2" >&2
		exit 1
	}
}

[ "$(echo on/*)" = "on/tracing-demo-gateway.service on/tracing-demo-order.service on/tracing-demo-traceview.service" ]
[ "$(echo off/*)" = "off/*" ] # nothing
[ "$(echo alone/*)" = "alone/tracing-demo-gateway.service alone/tracing-demo-order.service" ]
[ "$(<ports)" = "18000 17686" ]
for unit in on/*; do
	for line in DynamicUser=true ProtectSystem=strict NoNewPrivileges=true MemoryDenyWriteExecute=true \
		CapabilityBoundingSet= SystemCallFilter=@system-service 'Environment="OTEL_BSP_SCHEDULE_DELAY=500"'; do
		has "$unit" "$line"
	done
done
has on/tracing-demo-gateway.service 'Environment="PORT=18000"'
has on/tracing-demo-gateway.service 'Environment="ORDER_SERVICE_URL=http://localhost:18001"'
has on/tracing-demo-order.service 'Environment="OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:15318"'
has on/tracing-demo-traceview.service 'Environment="TRACEVIEW_UI_PORT=17686"'
has on/tracing-demo-traceview.service 'Environment="LOG_FORMAT=json"'
[[ $(<alone/tracing-demo-order.service) != *OTLP_ENDPOINT* ]]
has alone/tracing-demo-order.service EnvironmentFile=/run/secrets/otel.env
for unit in on/* alone/*; do # programs that are there
	while IFS= read -r line; do
		case $line in
		ExecStart=*)
			command=${line#*=}
			[ -x "${command%% *}" ]
			[[ $command != *libtrace-instrument* ]] || [ -x "${command#* }" ]
			;;
		esac
	done <"$unit"
done
echo "units as the options say"
