# PBX_SANITIZE=address,undefined | thread. PBX_FUZZ=ON builds only the libFuzzer targets and what they need.
set(PBX_SANITIZE "" CACHE STRING "Sanitizers, comma separated")
option(PBX_FUZZ "Build the libFuzzer targets (clang)" OFF)
option(PBX_TESTS "Build tests" ON)

if(PBX_SANITIZE)
  add_compile_options(-fsanitize=${PBX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PBX_SANITIZE})
endif()
if(PBX_SANITIZE MATCHES thread)
  # -Wtsan rejects std::atomic_thread_fence, which Asio's fenced block uses.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(PBX_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
