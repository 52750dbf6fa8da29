pbx_fuzz(net_address DEPS pbx::net_address)
