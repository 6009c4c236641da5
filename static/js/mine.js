// The page of what this browser uploaded: links are copied.

import { wireCopyButtons } from "./copy.js";

wireCopyButtons(document.querySelector("main"), (sentence) => (document.getElementById("announcer").textContent = sentence));
