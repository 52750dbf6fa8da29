# Warnings are errors in our own code; third-party headers come in as SYSTEM.
add_library(pbx_warnings INTERFACE)
target_compile_options(pbx_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Werror)
# g++ 12 at -O2 sees uninitialised members in the inactive alternative of every std::variant. What
# is really uninitialised asan, ubsan and clang's build find.
target_compile_options(pbx_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
