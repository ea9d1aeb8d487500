// Wires the page: polls the status once a second and hands it to the parts.
import { watchStatus } from "./status.js";
import { Models } from "./models.js";
import { Traffic } from "./traffic.js";
import { Drawing } from "./drawing.js";

const models = new Models(document.getElementById("models"));
const traffic = new Traffic();
const drawing = new Drawing();

const connection = document.getElementById("connection");

watchStatus({
  arrived(status, atSeconds) {
    say("good", `Connected · up ${duration(status.uptimeSeconds)}`);
    models.show(status.models);
    traffic.show(status.models, atSeconds);
    drawing.show(status.models);
  },
  failed(atSeconds) {
    say("bad", "No connection to the server – trying again");
    traffic.gap(atSeconds);
  },
});

function say(state, text) {
  document.body.dataset.connected = state === "good" ? "yes" : "no";
  connection.dataset.state = state;
  // A status region is read out when its text changes: the uptime must not be read out each second.
  connection.setAttribute("aria-live", state === "good" ? "off" : "polite");
  if (connection.textContent !== text) {
    connection.textContent = text;
  }
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  if (hours >= 1) return `${hours} h ${minutes % 60} min`;
  if (minutes >= 1) return `${minutes} min`;
  return `${Math.floor(seconds)} s`;
}
