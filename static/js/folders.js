// The files of folders that were dropped or chosen.

const MOST = 1000;
const NOT_MEANT = /^(\.|Thumbs\.db$|desktop\.ini$)/i; // what systems leave in folders

/**
 * Call it while the drop is handled: afterwards the browser shows nothing of it any more.
 * @param {DataTransfer} transfer
 * @returns {Promise<File[]>} the files, and those in folders, by name; at most a thousand
 */
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const found = items.map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const files = [];
  for (const { entry, file } of found) {
    if (entry?.isDirectory) await collect(entry, files);
    else if (file) files.push(file);
  }
  return files.slice(0, MOST);
}

/**
 * @param {FileList} chosen by a field that takes a folder
 * @returns {File[]} as above
 */
export function filesOfFolder(chosen) {
  const isMeant = ({ webkitRelativePath }) => !webkitRelativePath.split("/").some((name) => NOT_MEANT.test(name));
  const order = (a, b) => byName({ name: a.webkitRelativePath }, { name: b.webkitRelativePath });
  return [...chosen].filter(isMeant).sort(order).slice(0, MOST);
}

async function collect(folder, files) {
  const entries = (await entriesOf(folder)).filter(({ name }) => !NOT_MEANT.test(name)).sort(byName);
  for (const entry of entries) {
    if (files.length >= MOST) return;
    if (entry.isDirectory) await collect(entry, files);
    else files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
  }
}

/** A folder tells some of its entries at a time, and at last none. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || entries.length >= MOST) return entries;
    entries.push(...some);
  }
}

function byName(a, b) {
  return a.name.localeCompare(b.name, undefined, { numeric: true });
}
