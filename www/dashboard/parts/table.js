// A table for the price book can be chosen as a file, where a script runs: its text goes into the
// field that it can be pasted into.

/** Puts a way to choose a file in front of each field for a table. */
export function offerFiles(document) {
  for (const area of document.querySelectorAll("textarea[name=csv]")) {
    if (area.previousElementSibling?.type === "file") continue;
    const chooser = document.createElement("input");
    chooser.type = "file";
    chooser.accept = ".csv,text/csv";
    chooser.setAttribute("aria-label", area.labels[0].textContent);
    chooser.addEventListener("change", async () => {
      if (chooser.files[0]) area.value = read(await chooser.files[0].arrayBuffer());
    });
    area.before(chooser);
  }
}

/** The text of a table. Spreadsheets in Chinese write GB 18030 unless told otherwise. */
function read(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
