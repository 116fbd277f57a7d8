// What pages can do beyond what they show without a script: charts to look closer at, and what changes as it changes.

import { startCharts } from "./charts.js";
import { startClipboard } from "./clipboard.js";
import { startLive } from "./live.js";
import { startPlots } from "./plots.js";
import { startTables } from "./tables.js";

startCharts();
startPlots();
startTables();
startClipboard();
startLive();
