#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <vector>

#include "io/file_system.h"
#include "io/memory.h"
#include "io/process.h"
#include "test.h"

namespace ringboard::io {
namespace {

const uint8_t* AsBytes(const char* text) { return reinterpret_cast<const uint8_t*>(text); }

}  // namespace

TEST(CreateWritesAndReopenAppends) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.File("events");
  const OpenResult created = System().Create(path);
  REQUIRE(created.error == 0);
  CHECK_EQ(System().Write(created.fd, AsBytes("one"), 3).written, 3u);
  CHECK_EQ(System().Close(created.fd), 0);
  const OpenResult reopened = System().Reopen(path, created.identity);
  REQUIRE(reopened.error == 0);
  CHECK_EQ(System().Write(reopened.fd, AsBytes("two"), 3).error, 0);
  CHECK_EQ(System().Sync(reopened.fd), 0);
  CHECK_EQ(System().Close(reopened.fd), 0);
  CHECK_EQ(testing::ReadWholeFile(path), std::string("onetwo"));
}

TEST(CreateNeverTouchesWhatIsThere) {
  testing::TemporaryDirectory directory;
  const std::string precious = directory.File("precious"), link = directory.File("link");
  const OpenResult created = System().Create(precious);
  REQUIRE(created.error == 0);
  System().Write(created.fd, AsBytes("keep"), 4);
  System().Close(created.fd);
  REQUIRE(symlink(precious.c_str(), link.c_str()) == 0);
  CHECK_EQ(System().Create(precious).error, EEXIST);
  CHECK_EQ(System().Create(link).error, EEXIST);
  CHECK(System().Reopen(link, created.identity).error != 0);
  CHECK_EQ(testing::ReadWholeFile(precious), std::string("keep"));
}

TEST(ReopenRefusesAnotherFileOfThatName) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.File("events");
  const OpenResult created = System().Create(path);
  REQUIRE(created.error == 0);
  // The first file stays open, so that its inode can't be given to the second.
  REQUIRE(unlink(path.c_str()) == 0);
  const OpenResult second = System().Create(path);
  REQUIRE(second.error == 0);
  CHECK_EQ(System().Reopen(path, created.identity).error, ESTALE);
  System().Close(second.fd);
  System().Close(created.fd);
}

TEST(ErrorsAreErrnos) {
  testing::TemporaryDirectory directory;
  CHECK_EQ(System().Create(directory.File("absent/events")).error, ENOENT);
  CHECK_EQ(System().Write(-1, AsBytes("x"), 1).error, EBADF);
  CHECK_EQ(System().Sync(-1), EBADF);
}

TEST(AFileIsDeletedWhenItsLastNameIsGone) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.File("events"), second = directory.File("second");
  const OpenResult created = System().Create(path);
  REQUIRE(created.error == 0);
  CHECK(!System().Deleted(created.fd));
  REQUIRE(link(path.c_str(), second.c_str()) == 0);
  REQUIRE(unlink(path.c_str()) == 0);
  CHECK(!System().Deleted(created.fd));
  REQUIRE(rename(second.c_str(), path.c_str()) == 0);  // moved is not deleted
  CHECK(!System().Deleted(created.fd));
  REQUIRE(unlink(path.c_str()) == 0);
  CHECK(System().Deleted(created.fd));
  System().Close(created.fd);
}

TEST(MissingDirectoriesAreMade) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.File("a/b//c/events");
  CHECK_EQ(System().MakeDirectoriesFor(path), 0);
  CHECK_EQ(System().MakeDirectoriesFor(path), 0);
  const OpenResult created = System().Create(path);
  CHECK_EQ(created.error, 0);
  CHECK_EQ(System().SyncDirectoriesOf(path), 0);
  CHECK_EQ(System().SyncDirectoriesOf("events"), 0);
  CHECK_EQ(System().SyncDirectoriesOf(directory.File("absent/events")), ENOENT);
  System().Close(created.fd);
  CHECK_EQ(System().MakeDirectoriesFor(path + "/below/a/file"), ENOTDIR);
  CHECK_EQ(System().MakeDirectoriesFor("no directory at all"), 0);
}

TEST(ALimitedFileIsAnErrorAndNoSignal) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.File("events");
  const pid_t child = fork();
  if (child == 0) {  // which a SIGXFSZ would end
    const rlimit limit{10, 10};
    setrlimit(RLIMIT_FSIZE, &limit);
    const OpenResult created = System().Create(path);
    WriteResult result;
    {
      const FileSizeSignalHeld held;
      result = System().Write(created.fd, AsBytes("twelve bytes"), 12);
    }
    const bool good = result.error == EFBIG && result.written == 10;
    raise(SIGXFSZ);  // heard again
    _exit(good ? 1 : 2);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
  CHECK_EQ(testing::ReadWholeFile(path), std::string("twelve byt"));
}

TEST(OpenFilesDoNotOutliveExec) {
  testing::TemporaryDirectory directory;
  const OpenResult created = System().Create(directory.File("events"));
  REQUIRE(created.error == 0);
  const std::string probe = "test ! -e /proc/self/fd/" + std::to_string(created.fd);
  CHECK_EQ(std::system(probe.c_str()), 0);
  System().Close(created.fd);
}

TEST(PagesAreZeroedAndWritable) {
  constexpr size_t kBytes = 1 << 20;
  auto* pages = static_cast<uint8_t*>(MapZeroedPages(kBytes));
  REQUIRE(pages != nullptr);
  uint8_t any = 0;
  for (size_t i = 0; i < kBytes; i += 512) any |= pages[i];
  CHECK_EQ(any, 0);
  pages[kBytes - 1] = 1;
  UnmapPages(pages, kBytes);
  CHECK(MapZeroedPages(size_t{1} << 62) == nullptr);
}

TEST(ForkedChildrenRunTheHandler) {
  static int generation = 0;
  REQUIRE(CallInForkedChild([] { ++generation; }) == 0);
  const pid_t child = fork();
  if (child == 0) _exit(generation == 1 ? 0 : 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK_EQ(status, 0);
  CHECK_EQ(generation, 0);
}

TEST(WallTimeIsNow) {
  const double now = static_cast<double>(std::time(nullptr));
  CHECK(WallTime() > now - 2 && WallTime() < now + 3);
}

}  // namespace ringboard::io
