pbx_fuzz(rpc_batch DEPS pbx::rpc_wire)
pbx_fuzz(rpc_frames DEPS pbx::rpc_wire)
pbx_fuzz(rpc_token DEPS pbx::rpc_identity)
