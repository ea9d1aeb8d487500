package dev.millrace.store.artifact;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/** Removes forgotten parts, at the start and each hour. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class PartExpiry {
  private static final Logger log = LoggerFactory.getLogger(PartExpiry.class);

  private final MultipartUploads uploads;

  PartExpiry(MultipartUploads uploads) {
    this.uploads = uploads;
  }

  @Scheduled(fixedRate = 1, timeUnit = TimeUnit.HOURS)
  void expire() {
    try {
      uploads.expire(Instant.now());
    } catch (IOException e) {
      log.warn("Forgotten parts could not be removed; the next try is in an hour", e);
    }
  }
}
