import "./style.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { followFeed } from "./feed.ts";
import { applyPreferences } from "./preferences.ts";
import { applyEvents, link } from "./state.ts";

applyPreferences();
followFeed({
  onEvents: applyEvents,
  onLink: (now) => {
    link.value = now;
  },
});

const root = document.getElementById("app");
if (root) render(<App />, root);
