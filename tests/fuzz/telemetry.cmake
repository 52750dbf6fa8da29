pbx_fuzz(telemetry_log DEPS pbx::telemetry)
