#pragma once

namespace pbx::cluster {

/// Server-side functions, one atomic call an operation; see redis::FunctionLibrary for `$V`.
extern const char* const kLocationsLua;
extern const char* const kDialogsLua;

}  // namespace pbx::cluster
