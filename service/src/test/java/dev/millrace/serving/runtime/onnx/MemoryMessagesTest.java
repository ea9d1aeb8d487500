package dev.millrace.serving.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.tensor.Shape;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryMessagesTest {
  /** 2^48 bytes of floats: more than a process has addresses for. */
  private static final long TOO_MANY = 1L << 46;

  /** As people met them; without the paths and signatures within. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Non-zero status code returned while running Conv node. Name:'Conv_5' Status Message: bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size 2830172160",
        "Non-zero status code returned while running Mul node. Name:'Mul_8' Status Message: bfc_arena.cc:376 Available memory of 0 is smaller than requested bytes of 1048576",
        "CUDA failure 2: out of memory ; GPU=0 ; hostname=mill ; file=cuda_stream_handle.cc ; line=175 ; expr=cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);",
        "Exception during initialization: cuda_call.cc:121 CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=mill ; expr=cublasCreate(&cublas_handle_);",
        "CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cudnnCreate(&cudnn_handle_);",
        "CUDNN failure 4002: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ; GPU=0",
        "cudaErrorMemoryAllocation: out of memory",
        "[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)",
        "2: [virtualMemoryBuffer.cpp::resizePhysical::144] Error Code 2: OutOfMemory (no further information)",
        "Exception during initialization: std::bad_alloc"
      })
  void knowsTheTextsOfMemoryThatRanOut(String message) {
    assertThat(MemoryMessages.meanNoMemory(failure(message))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA failure 700: an illegal memory access was encountered ; GPU=0",
        "CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0",
        "Status Message: indices element out of data bounds, idx=99 must be within the range [-10,9]",
        "Got invalid dimensions for input: x for the following indices"
      })
  void takesOtherFailuresForWhatTheyAre(String message) {
    assertThat(MemoryMessages.meanNoMemory(failure(message))).isFalse();
  }

  @Test
  void aLoadWithoutMemoryTellsTheDeviceAndItsCause() {
    var gpu = new Device(DeviceKind.GPU, 1, "GPU-1", 4);
    var file = Path.of("model.onnx");
    var failed = OnnxRuntime.failed(failure("CUDA failure 2: out of memory ; GPU=1"), file, gpu);
    assertThat(failed)
        .hasMessageContaining("There is no room for 'model.onnx' on cuda:1: ")
        .hasMessageContaining("CUDA failure 2: out of memory ; GPU=1. Unload other models");
    assertThat(DeviceMemoryException.isBehind(new IllegalStateException("warm-up", failed)))
        .isTrue();
    assertThat(DeviceMemoryException.isBehind(OnnxRuntime.failed(failure("bad"), file, gpu)))
        .isFalse();
  }

  @Test
  void aRunWithoutMemoryFailsAsSuchAndChangesNothing(@TempDir Path folder) {
    var size = Tensors.longs("size", Shape.of(1), 3);
    try (var model =
            new OnnxRuntime()
                .open(FixtureModels.ones(folder), Device.cpu(), RuntimeSettings.defaults());
        var batch = model.bind(List.of(size))) {
      var before = batch.run();
      assertThat(Tensors.floats(before.tensors().getFirst())).containsExactly(3);
      before.close();
      size.data().putLong(0, TOO_MANY);
      assertThatExceptionOfType(DeviceMemoryException.class)
          .isThrownBy(batch::run)
          .withMessageStartingWith("ONNX Runtime found no memory: ");
      size.data().putLong(0, 4);
      var after = batch.run();
      assertThat(after.tensors().getFirst()).isSameAs(before.tensors().getFirst());
      assertThat(Tensors.floats(after.tensors().getFirst())).containsExactly(4);
      after.close();
    }
  }

  private static OrtException failure(String message) {
    return new OrtException(OrtErrorCode.ORT_RUNTIME_EXCEPTION, message);
  }
}
