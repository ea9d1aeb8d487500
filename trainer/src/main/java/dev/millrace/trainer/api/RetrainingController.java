package dev.millrace.trainer.api;

import dev.millrace.trainer.retraining.RetrainingReport;
import dev.millrace.trainer.retraining.Retrainings;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Starts, reports and cancels retrainings. */
@RestController
@RequestMapping("/api/retrainings")
class RetrainingController {
  // A step takes some 10 ms, so this is for a store that answers slowly.
  private static final Duration CANCEL_LIMIT = Duration.ofSeconds(2);

  private final Retrainings retrainings;

  RetrainingController(Retrainings retrainings) {
    this.retrainings = retrainings;
  }

  // The body is read by hand: curl says that JSON is a form, and an empty body is a request too.
  @PostMapping
  ResponseEntity<RetrainingAnswer> start(HttpServletRequest request) throws IOException {
    var body = request.getInputStream().readNBytes(RetrainingRequest.MAXIMUM_BYTES + 1);
    if (body.length > RetrainingRequest.MAXIMUM_BYTES) {
      throw new ResponseStatusException(
          HttpStatus.CONTENT_TOO_LARGE,
          "The body is longer than %d bytes".formatted(RetrainingRequest.MAXIMUM_BYTES));
    }
    var started = retrainings.start(RetrainingRequest.recipe(body));
    return ResponseEntity.accepted()
        .location(URI.create("/api/retrainings/" + started.id()))
        .body(RetrainingAnswer.of(started));
  }

  @GetMapping
  Map<String, List<RetrainingAnswer>> all() {
    return Map.of("retrainings", retrainings.reports().stream().map(RetrainingAnswer::of).toList());
  }

  @GetMapping("/{id}")
  RetrainingAnswer one(@PathVariable String id) {
    return found(id, retrainings.report(id));
  }

  @DeleteMapping("/{id}")
  RetrainingAnswer cancel(@PathVariable String id) throws InterruptedException {
    return found(id, retrainings.cancel(id, CANCEL_LIMIT));
  }

  private static RetrainingAnswer found(String id, Optional<RetrainingReport> report) {
    return report
        .map(RetrainingAnswer::of)
        .orElseThrow(
            () ->
                new ResponseStatusException(
                    HttpStatus.NOT_FOUND,
                    "There is no retraining '%s'; GET /api/retrainings lists them".formatted(id)));
  }
}
