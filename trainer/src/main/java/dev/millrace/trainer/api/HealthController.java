package dev.millrace.trainer.api;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Says that the process answers. */
@RestController
class HealthController {
  @GetMapping(path = "/health", produces = "text/plain")
  String health() {
    return "OK";
  }
}
