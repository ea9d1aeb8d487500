package dev.millrace.serving.telemetry;

import java.util.List;

/** Every meter of the service, under the names that dashboards made for Triton know. */
enum ServingMeter {
  REQUEST_SUCCESS("nv_inference_request_success", "requests", "Requests answered"),
  REQUEST_FAILURE(
      "nv_inference_request_failure",
      "requests",
      "Requests that failed; reason is REJECTED, CANCELED, BACKEND or OTHER; model and version are - for requests that belong to no loaded version"),
  REQUEST_REFUSED(
      "millrace_request_refused",
      "requests",
      "Requests refused before they were computed, by cause: full, expired, predicted_deadline, predicted_goal, not_ready or other"),
  INFERENCE_COUNT("nv_inference_count", "rows", "Rows answered"),
  EXECUTION_COUNT("nv_inference_exec_count", "runs", "Runs of the model; a run answers one batch"),
  REQUEST_DURATION(
      "nv_inference_request_duration_us",
      "microseconds",
      "Time from submission to the answer, summed over requests"),
  QUEUE_DURATION(
      "nv_inference_queue_duration_us",
      "microseconds",
      "Time waited for a run, summed over requests"),
  COMPUTE_INPUT_DURATION(
      "nv_inference_compute_input_duration_us",
      "microseconds",
      "Time to put the rows of a batch together, summed over requests"),
  COMPUTE_INFER_DURATION(
      "nv_inference_compute_infer_duration_us",
      "microseconds",
      "Time of the run, summed over requests"),
  COMPUTE_OUTPUT_DURATION(
      "nv_inference_compute_output_duration_us",
      "microseconds",
      "Time to cut the batch's outputs into answers, summed over requests"),
  PENDING_REQUESTS("nv_inference_pending_request_count", "requests", "Requests waiting for a run"),
  QUEUE_WAIT(
      "millrace_queue_wait_us",
      "microseconds",
      "Time waited for a run, summed over requests, by what they waited for: none, company, busy, share or load"),
  CACHE_HITS(
      "nv_cache_num_hits_per_model", "requests", "Requests answered from the response cache"),
  CACHE_MISSES(
      "nv_cache_num_misses_per_model",
      "requests",
      "Requests that the response cache had no answer for"),
  CACHE_HIT_DURATION(
      "nv_cache_hit_duration_per_model",
      "microseconds",
      "Time to find answers in the response cache, summed over hits"),
  CACHE_MISS_DURATION(
      "nv_cache_miss_duration_per_model",
      "microseconds",
      "Time to look in vain and to keep the answer, summed over misses"),
  CACHE_BYTES(
      "millrace_cache_bytes", "bytes", "Memory that the answers in the response cache take"),
  CACHE_EVICTIONS(
      "millrace_cache_evictions",
      "answers",
      "Answers that left the response cache because it was full, or all caches together were"),
  REQUEST_DURATION_HISTOGRAM(
      "nv_inference_request_duration_histogram_us",
      "microseconds",
      "Distribution of the time from submission to the answer"),
  PLACEMENT_FALLBACK(
      "millrace_placement_fallback",
      "copies",
      "Copies opened on the processors because no GPU had room, since the start"),
  INSTANCE_REPAIR(
      "millrace_instance_repair",
      "copies",
      "Copies that a device failed while they ran; result is replaced or lost"),
  MODELS_LOST(
      "millrace_models_lost",
      "models",
      "Models with a version that is out of service now because its last copy is gone; the repository index says why"),
  MODEL_UNLOAD("millrace_model_unload", "models", "Models unloaded to make room for others"),
  MODEL_COLD_LOAD(
      "millrace_model_cold_load_us",
      "microseconds",
      "Distribution of the time that a load took which a request waited for"),
  DEVICE_MODEL_MEMORY(
      "millrace_device_model_memory_bytes",
      "bytes",
      "Memory that the loaded models take of a device, as measured after their loads"),
  CPU_UTILIZATION("nv_cpu_utilization", "ratio", "How busy the processors are, 0 to 1"),
  CPU_MEMORY_TOTAL("nv_cpu_memory_total_bytes", "bytes", "Memory that the process may use"),
  CPU_MEMORY_USED("nv_cpu_memory_used_bytes", "bytes", "What is taken of it, by whomever"),
  GPU_UTILIZATION("nv_gpu_utilization", "ratio", "How busy the GPU is, 0 to 1"),
  GPU_MEMORY_TOTAL("nv_gpu_memory_total_bytes", "bytes", "Memory of the GPU"),
  GPU_MEMORY_USED("nv_gpu_memory_used_bytes", "bytes", "What is taken of it, by whomever"),
  GPU_POWER_USAGE("nv_gpu_power_usage", "watts", "Power that the GPU draws"),
  GPU_POWER_LIMIT("nv_gpu_power_limit", "watts", "Power that it may draw"),
  GPU_ENERGY("nv_energy_consumption", "joules", "Energy since the driver was loaded");

  private final String meterName;
  private final String unit;
  private final String description;

  ServingMeter(String meterName, String unit, String description) {
    this.meterName = meterName;
    this.unit = unit;
    this.description = description;
  }

  /** The name in Prometheus, unchanged. */
  public String meterName() {
    return meterName;
  }

  /** What it counts. */
  public String unit() {
    return unit;
  }

  /** One sentence for people. */
  public String description() {
    return description;
  }

  /** Names of its tags. */
  public List<String> tags() {
    return switch (this) {
      case REQUEST_FAILURE, QUEUE_WAIT -> List.of("model", "version", "reason");
      case REQUEST_REFUSED -> List.of("model", "version", "cause");
      case PLACEMENT_FALLBACK -> List.of("model");
      case INSTANCE_REPAIR -> List.of("model", "result");
      case MODELS_LOST, MODEL_UNLOAD, MODEL_COLD_LOAD -> List.of();
      case DEVICE_MODEL_MEMORY -> List.of("device");
      case CPU_UTILIZATION, CPU_MEMORY_TOTAL, CPU_MEMORY_USED -> List.of();
      case GPU_UTILIZATION,
          GPU_MEMORY_TOTAL,
          GPU_MEMORY_USED,
          GPU_POWER_USAGE,
          GPU_POWER_LIMIT,
          GPU_ENERGY ->
          List.of("gpu_uuid");
      default -> List.of("model", "version");
    };
  }
}
