package dev.millrace.serving.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorMemoryTest {
  private static final long GIB = 1L << 30;

  private final Path root;

  ProcessorMemoryTest(@TempDir Path root) {
    this.root = root;
  }

  @BeforeEach
  void aMachineOfSixteenGibibytesWithTenAvailable() throws IOException {
    write(
        "proc/meminfo",
        "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:   10485760 kB\n");
  }

  @Test
  void isTheMachinesWhereNoContainerLimitsIt() {
    assertThat(read()).isEqualTo(new DeviceMemory(16 * GIB, 6 * GIB));
  }

  @Test
  void isTheLimitOfTheControlGroupLessWhatTheKernelCouldDrop() throws IOException {
    write("sys/fs/cgroup/memory.max", 4 * GIB + "\n");
    write("sys/fs/cgroup/memory.current", 3 * GIB + "\n");
    write("sys/fs/cgroup/memory.stat", "anon 5\ninactive_file " + GIB + "\n");
    assertThat(read()).isEqualTo(new DeviceMemory(4 * GIB, 2 * GIB));
  }

  @Test
  void isTheMachinesWhereTheControlGroupHasNoLimit() throws IOException {
    write("sys/fs/cgroup/memory.max", "max\n");
    write("sys/fs/cgroup/memory.current", 3 * GIB + "\n");
    assertThat(read()).isEqualTo(new DeviceMemory(16 * GIB, 6 * GIB));
  }

  @Test
  void readsControlGroupsOfTheFirstVersionToo() throws IOException {
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", 2 * GIB + "\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", GIB + "\n");
    write("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 1073741\n");
    assertThat(read()).isEqualTo(new DeviceMemory(2 * GIB, GIB - 1_073_741));
  }

  @Test
  void isTheTightestOfItsOwnGroupAndThoseAroundIt() throws IOException {
    write("proc/self/cgroup", "0::/system.slice/millrace.service\n");
    limit("sys/fs/cgroup/system.slice/millrace.service", 8 * GIB, GIB);
    limit("sys/fs/cgroup/system.slice", 12 * GIB, 11 * GIB);
    assertThat(read()).isEqualTo(new DeviceMemory(8 * GIB, 7 * GIB));
  }

  @Test
  void isTheOutermostGroupThatIsVisibleWhereItsOwnIsNot() throws IOException {
    write("proc/self/cgroup", "0::/kubepods/pod1/container\n");
    limit("sys/fs/cgroup", 4 * GIB, GIB);
    assertThat(read()).isEqualTo(new DeviceMemory(4 * GIB, GIB));
  }

  @Test
  void findsItsOwnGroupOfTheFirstVersion() throws IOException {
    write("proc/self/cgroup", "5:cpu:/elsewhere\n4:memory:/docker/abc\n0::/\n");
    write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", 2 * GIB + "\n");
    write("sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", GIB + "\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", 3 * GIB + "\n");
    assertThat(read()).isEqualTo(new DeviceMemory(2 * GIB, GIB));
  }

  @Test
  void hasNoMoreFreeThanTheMachineWhateverTheLimit() throws IOException {
    write("proc/meminfo", "MemTotal:       16777216 kB\nMemAvailable:   1048576 kB\n");
    limit("sys/fs/cgroup", 8 * GIB, 2 * GIB);
    assertThat(read()).isEqualTo(new DeviceMemory(8 * GIB, 7 * GIB));
    assertThat(read().freeBytes()).isEqualTo(GIB);
  }

  @Test
  void staysInsideWhenAPathLeadsOutside() throws IOException {
    write("proc/self/cgroup", "0::/../../somewhere\n");
    limit("sys/fs/cgroup", 4 * GIB, GIB);
    assertThat(read()).isEqualTo(new DeviceMemory(4 * GIB, GIB));
  }

  @Test
  void takesTheFirstVersionsWayOfSayingNoLimitAsNone() throws IOException {
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", GIB + "\n");
    assertThat(read().totalBytes()).isEqualTo(16 * GIB);
  }

  @Test
  void readsNumaNodesInOrder() throws IOException {
    write("sys/devices/system/node/node10/cpulist", "8-15\n");
    write("sys/devices/system/node/node2/cpulist", "0-7\n");
    write("sys/devices/system/node/online", "2,10\n");
    assertThat(NumaNodes.read(root))
        .containsExactly(new NumaNode(2, "0-7"), new NumaNode(10, "8-15"));
  }

  private void limit(String group, long bytes, long usedBytes) throws IOException {
    write(group + "/memory.max", bytes + "\n");
    write(group + "/memory.current", usedBytes + "\n");
  }

  private DeviceMemory read() {
    return new ProcessorMemory(root).read();
  }

  private void write(String name, String content) throws IOException {
    var file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
