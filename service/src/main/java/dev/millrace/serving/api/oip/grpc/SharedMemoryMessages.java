package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.SystemSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryStatusResponse;
import dev.millrace.protocol.oip.SystemSharedMemoryStatusResponse.RegionStatus;
import dev.millrace.serving.api.sharedmemory.RegionDescription;
import java.util.List;

/** The messages of the shared memory extension. */
final class SharedMemoryMessages {
  private SharedMemoryMessages() {}

  /** Numbers of 2^63 and more are negative then, and refused as such. */
  static RegionDescription wanted(SystemSharedMemoryRegisterRequest message) {
    return new RegionDescription(
        message.getName(), message.getKey(), message.getOffset(), message.getByteSize());
  }

  static SystemSharedMemoryStatusResponse status(List<RegionDescription> regions) {
    var response = SystemSharedMemoryStatusResponse.newBuilder();
    for (var region : regions) {
      response.putRegions(
          region.name(),
          RegionStatus.newBuilder()
              .setName(region.name())
              .setKey(region.key())
              .setOffset(region.offset())
              .setByteSize(region.byteSize())
              .build());
    }
    return response.build();
  }
}
