// The chart of orders a day: those that were made, and those of them that are paid.

import uPlot from "uplot";

const HEIGHT = 210;

/** Draws what `data-days` of the element says, `[{day, made, paid}, …]`, in its place. */
export function draw(element) {
  const rows = JSON.parse(element.dataset.days || "[]");
  const times = rows.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const day = new Intl.DateTimeFormat(element.dataset.locale, {
    month: "numeric", day: "numeric", timeZone: "UTC",
  });
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const width = () => element.clientWidth - 16;
  const options = {
    width: width(),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] } },
    axes: [
      { ...axis, values: (_, shown) => shown.map((time) => day.format(time * 1000)) },
      { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] },
    ],
    series: [
      {},
      { stroke: colour("--border"), width: 1.5, dash: [4, 3], points: { show: false } },
      { stroke: colour("--accent"), fill: colour("--accent-tint"), width: 2, points: { show: false } },
    ],
  };
  const data = [times, rows.map(({ made }) => made), rows.map(({ paid }) => paid)];
  const chart = new uPlot(options, data, element);
  addEventListener("resize", () => {
    if (element.isConnected) chart.setSize({ width: width(), height: HEIGHT });
  });
}
