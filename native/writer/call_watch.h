// What the writer thread is waiting for in the operating system, for those who wait for the writer
// thread.  A file system that does not answer (a network file system whose server is gone) holds up
// everything behind one call, and only this says so: nothing fails, and nothing goes on.
//
// Threads: Call is the writer thread's; age() and text() may be called from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <utility>

#include "writer/stream.h"

namespace ringboard::writer {

class CallWatch {
 public:
  // One lives for as long as a call, or a sequence of calls, on one file.  May be nested.
  class Call {
   public:
    Call(CallWatch* watch, const char* what, const std::string& path) : watch_(watch) {
      std::lock_guard lock(watch_->mutex_);
      outer_what_ = std::exchange(watch_->what_, what);
      outer_path_ = std::exchange(watch_->path_, &path);
      watch_->since_ = Clock::now();
    }
    ~Call() {
      std::lock_guard lock(watch_->mutex_);
      watch_->what_ = outer_what_;
      watch_->path_ = outer_path_;
      watch_->since_ = Clock::now();
    }
    // Something went on: whoever waits may have patience from here on.
    void Progress() {
      std::lock_guard lock(watch_->mutex_);
      watch_->since_ = Clock::now();
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    CallWatch* const watch_;
    const char* outer_what_;
    const std::string* outer_path_;
  };

  // How long the present call has gone on without progress; zero when there is none.
  std::chrono::nanoseconds age() const {
    std::lock_guard lock(mutex_);
    return path_ == nullptr ? std::chrono::nanoseconds::zero() : Clock::now() - since_;
  }
  // "write to /runs/events…"; empty when there is none.  (The file's name can't go away meanwhile:
  // only the thread that is in the call destroys streams, and it needs the mutex to come back.)
  std::string text() const {
    std::lock_guard lock(mutex_);
    return path_ == nullptr ? std::string() : what_ + (' ' + *path_);
  }

 private:
  mutable std::mutex mutex_;
  const char* what_ = "";
  const std::string* path_ = nullptr;  // nullptr: no call
  Clock::time_point since_{};
};

}  // namespace ringboard::writer
