package dev.millrace.serving.runtime;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The options of ONNX Runtime's GPU providers that settings may set. A list of what is allowed, for
 * a model brings settings along: among the others are addresses of functions and streams, libraries
 * to load, the device, which placement chooses, and CUDA graphs, which need inputs that never move.
 */
final class ProviderOptions {
  private static final Set<String> CUDA =
      Set.of(
          "arena_extend_strategy",
          "cudnn_conv1d_pad_to_nc1d",
          "cudnn_conv_algo_search",
          "cudnn_conv_use_max_workspace",
          "do_copy_in_default_stream",
          "enable_skip_layer_norm_strict_mode",
          "fuse_conv_bias",
          "gpu_mem_limit",
          "prefer_nhwc",
          "sdpa_kernel",
          "tunable_op_enable",
          "tunable_op_max_tuning_duration_ms",
          "tunable_op_tuning_enable",
          "use_ep_level_unified_stream",
          "use_tf32");

  private static final Set<String> TENSORRT =
      Set.of(
          "trt_auxiliary_streams",
          "trt_bf16_enable",
          "trt_build_heuristics_enable",
          "trt_builder_optimization_level",
          "trt_context_memory_sharing_enable",
          "trt_engine_cache_enable",
          "trt_engine_cache_path",
          "trt_engine_cache_prefix",
          "trt_force_sequential_engine_build",
          "trt_fp16_enable",
          "trt_int8_enable",
          "trt_layer_norm_fp32_fallback",
          "trt_max_partition_iterations",
          "trt_max_workspace_size",
          "trt_min_subgraph_size",
          "trt_op_types_to_exclude",
          "trt_profile_max_shapes",
          "trt_profile_min_shapes",
          "trt_profile_opt_shapes",
          "trt_sparsity_enable",
          "trt_tactic_sources",
          "trt_timing_cache_enable",
          "trt_timing_cache_path");

  private static final Pattern VALUE = Pattern.compile("[\\p{Graph} ]{1,1024}");

  private ProviderOptions() {}

  /** A copy, refused where it holds what must not be set. */
  static Map<String, String> cuda(Map<String, String> options) {
    return checked("cuda", options, CUDA);
  }

  /** A copy, refused where it holds what must not be set. */
  static Map<String, String> tensorrt(Map<String, String> options) {
    return checked("tensorrt", options, TENSORRT);
  }

  private static Map<String, String> checked(
      String place, Map<String, String> options, Set<String> allowed) {
    options.forEach((name, value) -> require(place, name, value, allowed));
    return Map.copyOf(options);
  }

  private static void require(String place, String name, String value, Set<String> allowed) {
    if (!allowed.contains(name)) {
      throw new IllegalArgumentException(
          "%s has the option '%s'; those that may be set are %s"
              .formatted(place, name, allowed.stream().sorted().toList()));
    }
    if (!VALUE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "%s: %s is '%s'; it must be 1 to 1024 printable characters"
              .formatted(place, name, value));
    }
  }
}
