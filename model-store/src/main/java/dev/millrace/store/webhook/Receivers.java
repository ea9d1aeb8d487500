package dev.millrace.store.webhook;

import dev.millrace.store.failure.StoreException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;

/** Which receivers may be sent to. */
final class Receivers {
  /** Where private addresses stand. */
  enum Reach {
    /** Only addresses on the public internet. */
    PUBLIC,
    /** Any address. */
    ANY
  }

  /** What a host is at this moment. */
  sealed interface Resolution {
    /** May be sent to, at these addresses and no others. */
    record Allowed(List<InetAddress> addresses) implements Resolution {}

    /** Has no address, perhaps for the moment. */
    record Unresolved(String reason) implements Resolution {}

    /** Has an address that must not be sent to. */
    record Forbidden(String reason) implements Resolution {}
  }

  private final Set<String> schemes;
  private final Reach reach;
  private final Resolver resolver;

  Receivers(Set<String> schemes, Reach reach, Resolver resolver) {
    this.schemes = schemes;
    this.reach = reach;
    this.resolver = resolver;
  }

  /** Refuses a URL that must not be sent to. Takes as long as the look-up of its host. */
  void check(String url) {
    var host = parse(url).host();
    if (reach == Reach.ANY) {
      return;
    }
    switch (resolve(host)) {
      case Resolution.Allowed _ -> {}
      case Resolution.Unresolved(var reason) -> throw StoreException.invalid(reason);
      case Resolution.Forbidden(var reason) -> throw StoreException.invalid(reason);
    }
  }

  WebhookUrl parse(String url) {
    return WebhookUrl.parse(url, schemes);
  }

  /**
   * Looks the host up anew. Who sends must connect to one of these addresses: another look-up may
   * find others.
   */
  Resolution resolve(String host) {
    try {
      var addresses = List.of(resolver.resolve(host));
      for (InetAddress address : addresses) {
        if (reach == Reach.PUBLIC && !PublicAddress.isPublic(address)) {
          return new Resolution.Forbidden(
              "Webhook URL must not resolve to a non-public IP address. '%s' resolves to %s."
                  .formatted(host, address.getHostAddress()));
        }
      }
      return new Resolution.Allowed(addresses);
    } catch (UnknownHostException e) {
      return new Resolution.Unresolved(
          "Cannot resolve Webhook URL hostname '%s': %s".formatted(host, e.getMessage()));
    }
  }
}
