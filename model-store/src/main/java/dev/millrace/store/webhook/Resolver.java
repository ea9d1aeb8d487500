package dev.millrace.store.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Finds the addresses of a host. */
interface Resolver {
  /** All of them, at least one. An address in any spelling that the system takes is one too. */
  InetAddress[] resolve(String host) throws UnknownHostException;
}
