#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace pbx::sip::detail {

/// A growing array of plain values whose first N need no heap. Copying costs only what is used.
template <class T, std::size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  InlineVector() noexcept {}  // the array stays unwritten
  InlineVector(const InlineVector& other) { assign(other); }
  InlineVector(InlineVector&& other) noexcept { take(other); }
  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) assign(other);
    return *this;
  }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }
  ~InlineVector() = default;

  T& push_back(const T& value) {
    if (size_ == capacity_) grow();
    return data()[size_++] = value;
  }
  void clear() noexcept { size_ = 0; }

  T* data() noexcept { return heap_ ? heap_.get() : items_.data(); }
  const T* data() const noexcept { return heap_ ? heap_.get() : items_.data(); }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size_; }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size_; }

 private:
  void assign(const InlineVector& other) {
    if (other.size_ > capacity_) {
      heap_.reset(new T[other.size_]);
      capacity_ = other.size_;
    }
    size_ = other.size_;
    std::copy_n(other.data(), size_, data());
  }

  void take(InlineVector& other) noexcept {
    if (other.heap_) {
      heap_ = std::move(other.heap_);
      capacity_ = other.capacity_;
      other.capacity_ = N;
    } else {  // N or fewer fit wherever this one keeps its items
      std::copy_n(other.items_.data(), other.size_, data());
    }
    size_ = other.size_;
    other.size_ = 0;
  }

  void grow() {
    std::unique_ptr<T[]> larger{new T[capacity_ * 2]};
    std::copy_n(data(), size_, larger.get());
    heap_ = std::move(larger);
    capacity_ *= 2;
  }

  std::size_t size_ = 0;
  std::size_t capacity_ = N;
  std::unique_ptr<T[]> heap_;
  std::array<T, N> items_;
};

}  // namespace pbx::sip::detail
