package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OrtException;
import java.util.List;

/**
 * Tells by what ONNX Runtime says whether memory ran out; its error codes do not. The marks are
 * those of its arena, of the CUDA libraries behind its CUDA provider, of TensorRT, and of the C++
 * library, each as it stands within a longer text.
 */
final class MemoryMessages {
  private static final List<String> MARKS =
      List.of(
          // The arena; the second where a gpu_mem_limit is reached.
          "Failed to allocate memory for requested buffer of size",
          "is smaller than requested bytes of",
          "Failed to find a free memory block despite calling Extend",
          "CUDA failure 2: out of memory",
          "cudaErrorMemoryAllocation",
          "CUDA_ERROR_OUT_OF_MEMORY",
          "CUBLAS_STATUS_ALLOC_FAILED",
          "CUFFT_ALLOC_FAILED",
          // cuDNN until 8, and since 9.
          "CUDNN_STATUS_ALLOC_FAILED",
          "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
          "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
          "Cuda Runtime (out of memory)",
          "Error Code 2: OutOfMemory",
          "std::bad_alloc");

  private MemoryMessages() {}

  static boolean meanNoMemory(OrtException failure) {
    var message = String.valueOf(failure.getMessage());
    return MARKS.stream().anyMatch(message::contains);
  }
}
