package dev.millrace.serving.config;

import dev.millrace.serving.lifecycle.PlacementLimits;
import dev.millrace.serving.repository.ControlMode;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/** The settings of the service; application.yaml has their defaults and what each means. */
@ConfigurationProperties("serving")
record ServingProperties(
    Path home,
    Http http,
    Grpc grpc,
    Management management,
    Directory directory,
    Store store,
    String defaultModel,
    Duration pollInterval,
    Engine engine,
    Devices devices,
    Duration rehearsal,
    boolean allowSharedMemory,
    Pictures pictures,
    Stop stop) {
  ServingProperties {
    Settings.require(
        pollInterval.isPositive(), "MILLRACE_POLL_INTERVAL", pollInterval, "more than 0");
    Settings.require(
        !rehearsal.isNegative() && rehearsal.toSeconds() <= 60,
        "MILLRACE_REHEARSAL",
        rehearsal,
        "0s to 60s");
    Settings.require(
        management.port() == 0 || management.port() != http.port(),
        "MILLRACE_MANAGEMENT_PORT",
        management.port(),
        "another port than MILLRACE_HTTP_PORT");
  }

  record Http(String address, int port, int eventLoops, DataSize maxBody, Duration idleTimeout) {
    Http {
      Settings.requirePort("MILLRACE_HTTP_PORT", port);
      Settings.require(eventLoops >= 0, "MILLRACE_EVENT_LOOPS", eventLoops, "0 or more");
      Settings.requireBytes("MILLRACE_MAX_BODY", maxBody);
      Settings.require(
          idleTimeout.isPositive(), "MILLRACE_HTTP_IDLE_TIMEOUT", idleTimeout, "more than 0");
    }

    /** An address at which the process reaches its own data ports. */
    String ownHost() {
      try {
        return InetAddress.getByName(address).isAnyLocalAddress() ? "127.0.0.1" : address;
      } catch (UnknownHostException e) {
        throw new UncheckedIOException(e);
      }
    }

    int eventLoopsOrHalfTheCores() {
      return eventLoops > 0
          ? eventLoops
          : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }
  }

  record Grpc(int port, Duration permittedKeepAlive) {
    Grpc {
      Settings.requirePort("MILLRACE_GRPC_PORT", port);
      Settings.require(
          permittedKeepAlive.isPositive(),
          "MILLRACE_GRPC_KEEP_ALIVE",
          permittedKeepAlive,
          "more than 0");
    }
  }

  record Management(int port, String address, String token) {
    Management {
      Settings.requirePort("MILLRACE_MANAGEMENT_PORT", port);
      Settings.require(
          !token.isEmpty() || Settings.isLoopback("MILLRACE_MANAGEMENT_ADDRESS", address),
          "MILLRACE_MANAGEMENT_ADDRESS",
          address,
          "a loopback address such as 127.0.0.1 as long as MILLRACE_MANAGEMENT_TOKEN is not set");
    }
  }

  record Directory(String path, String modelName, ControlMode control, boolean allowUpload) {
    boolean isSet() {
      return !path.isBlank();
    }
  }

  record Store(URI url, String token, String alias, Duration watch) {
    private static final Duration SHORTEST_WATCH = Duration.ofSeconds(1);
    private static final Duration LONGEST_WATCH = Duration.ofSeconds(60);

    Store {
      Settings.require(
          "http".equals(url.getScheme()) || "https".equals(url.getScheme()),
          "MILLRACE_STORE_URL",
          url,
          "a URL that begins with http:// or https://");
      Settings.require(
          watch.isZero()
              || (watch.compareTo(SHORTEST_WATCH) >= 0 && watch.compareTo(LONGEST_WATCH) <= 0),
          "MILLRACE_STORE_WATCH",
          watch,
          "1s to 60s, or 0s for polling alone");
    }
  }

  record Engine(
      int instances,
      int intraOpThreads,
      int maxBatchRows,
      Duration maxQueueDelay,
      int maxQueueRows,
      String modelSettings,
      DataSize responseCacheMemory,
      Placement placement) {
    Engine {
      Settings.require(
          !responseCacheMemory.isNegative()
              && responseCacheMemory.toBytes() <= Runtime.getRuntime().maxMemory() / 2,
          "MILLRACE_RESPONSE_CACHE_MEMORY",
          responseCacheMemory,
          "0 (a quarter of the heap) to half of the heap, such as 256MB");
    }
  }

  record Placement(DataSize cpuMemory, double gpuMemoryShare, int maxLoadedModels, int maxWaiting) {
    Placement {
      Settings.require(
          !cpuMemory.isNegative(),
          "MILLRACE_CPU_MODEL_MEMORY",
          cpuMemory,
          "0 or more, such as 8GB");
      Settings.require(
          gpuMemoryShare > 0 && gpuMemoryShare <= 1,
          "MILLRACE_GPU_MEMORY_SHARE",
          gpuMemoryShare,
          "more than 0 and at most 1");
      Settings.require(
          maxLoadedModels >= 0, "MILLRACE_MAX_LOADED_MODELS", maxLoadedModels, "0 (any) or more");
      Settings.require(maxWaiting >= 0, "MILLRACE_MAX_LOAD_WAITERS", maxWaiting, "0 or more");
    }

    PlacementLimits limits() {
      return new PlacementLimits(
          cpuMemory.toBytes(),
          gpuMemoryShare,
          maxLoadedModels,
          maxWaiting,
          PlacementLimits.DEFAULTS.patience());
    }
  }

  record Devices(String nvml, String nvidiaSmi, Duration watchInterval) {
    Devices {
      Settings.require(
          watchInterval.isPositive(), "MILLRACE_DEVICE_WATCH", watchInterval, "more than 0");
    }
  }

  record Pictures(DataSize maxBytes, int maxPixels, Duration patience) {
    Pictures {
      Settings.requireBytes("MILLRACE_PICTURE_MAX_BYTES", maxBytes);
      Settings.require(maxPixels > 0, "MILLRACE_PICTURE_MAX_PIXELS", maxPixels, "1 or more");
      Settings.require(patience.isPositive(), "MILLRACE_PICTURE_PATIENCE", patience, "more than 0");
    }
  }

  record Stop(int drainSeconds, Duration limit) {
    private static final int MOST_SECONDS = 100;

    Stop {
      Settings.require(
          drainSeconds >= 0 && drainSeconds <= MOST_SECONDS,
          "MILLRACE_DRAIN_SECONDS",
          drainSeconds,
          "0 to " + MOST_SECONDS);
      Settings.require(
          limit.isPositive() && limit.toSeconds() <= MOST_SECONDS,
          "MILLRACE_STOP_LIMIT",
          limit,
          "more than 0 and at most " + MOST_SECONDS + "s");
    }

    Duration drain() {
      return Duration.ofSeconds(drainSeconds);
    }
  }
}
