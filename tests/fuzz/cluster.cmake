pbx_fuzz(cluster_binding DEPS pbx::cluster_codec)
pbx_fuzz(cluster_dialog DEPS pbx::cluster_codec)
pbx_fuzz(cluster_spool DEPS pbx::cluster_codec)
