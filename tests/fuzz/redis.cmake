pbx_fuzz(redis_slots DEPS pbx::redis_wire)
