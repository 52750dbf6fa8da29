#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace pbx {

template <class Signature>
class MoveFunction;

/// A callable that need not be copyable: std::move_only_function is not in g++ 12's C++20.
/// Callables of up to 48 bytes are kept inside, larger ones on the heap. Calling an empty one is a
/// bug.
template <class R, class... Args>
class MoveFunction<R(Args...)> {
 public:
  MoveFunction() = default;
  MoveFunction(std::nullptr_t) {}
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, MoveFunction> &&
           std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>) MoveFunction(F&& callable) {
    using Callable = std::remove_cvref_t<F>;
    if constexpr (kInside<Callable>) {
      new (storage_) Callable(std::forward<F>(callable));
      operations_ = &kInsideOperations<Callable>;
    } else {
      new (storage_) Callable*(new Callable(std::forward<F>(callable)));
      operations_ = &kHeapOperations<Callable>;
    }
  }
  MoveFunction(MoveFunction&& other) noexcept { take(other); }
  MoveFunction& operator=(MoveFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~MoveFunction() { reset(); }

  explicit operator bool() const noexcept { return operations_ != nullptr; }
  R operator()(Args... args) { return operations_->call(storage_, std::forward<Args>(args)...); }

 private:
  struct Operations {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };
  static constexpr std::size_t kInsideBytes = 48;
  template <class F>
  static constexpr bool kInside =
      sizeof(F) <= kInsideBytes &&
      alignof(F) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<F>;
  template <class F>
  static constexpr Operations kInsideOperations{
      [](void* at, Args&&... args) -> R {
        return (*static_cast<F*>(at))(std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept {
        new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* at) noexcept { static_cast<F*>(at)->~F(); }};
  template <class F>
  static constexpr Operations kHeapOperations{
      [](void* at, Args&&... args) -> R {
        return (**static_cast<F**>(at))(std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept { new (to) F*(*static_cast<F**>(from)); },
      [](void* at) noexcept { delete *static_cast<F**>(at); }};

  void take(MoveFunction& other) noexcept {
    if (other.operations_ == nullptr) return;
    other.operations_->move(other.storage_, storage_);
    operations_ = std::exchange(other.operations_, nullptr);
  }
  void reset() noexcept {
    if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(storage_);
  }

  alignas(std::max_align_t) std::byte storage_[kInsideBytes];
  const Operations* operations_ = nullptr;
};

}  // namespace pbx
