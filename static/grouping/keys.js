// The one table of keys of the review page. `?` shows it; a person may give an action other keys.
const STORE = "carousel.review.keys";

// Action -> [default keys, what the help says]. A test presses every one of them and looks for clashes.
export const TABLE = {
  nextGroup: [["j"], "Next group"],
  previousGroup: [["k"], "Group before"],
  nextPhoto: [["arrowright"], "Next photo"],
  previousPhoto: [["arrowleft"], "Photo before"],
  rowDown: [["arrowdown"], "Row below"],
  rowUp: [["arrowup"], "Row above"],
  choose: [["x"], "Choose this photo"],
  chooseNext: [["shift+arrowright"], "Choose on to the right"],
  choosePrevious: [["shift+arrowleft"], "Choose on to the left"],
  chooseAll: [["*"], "Choose all in the group"],
  preview: [["space"], "Large picture"],
  compare: [["v"], "Compare two photos"],
  accept: [["a"], "Accept and next"],
  reopen: [["u"], "Reopen"],
  reject: [["shift+r"], "Reject: nothing to list"],
  rename: [["r", "f2"], "Rename"],
  firstName: [["1"], "First suggested name"],
  secondName: [["2"], "Second suggested name"],
  thirdName: [["3"], "Third suggested name"],
  split: [["s"], "Split: chosen photos out, or all"],
  cut: [["w"], "Cut at the weakest link"],
  merge: [["m"], "Merge into the group before, or the chosen groups"],
  mergeNext: [["shift+m"], "Merge with the next group"],
  form: [["n"], "New group from chosen photos"],
  moveTo: [["g"], "Move to…"],
  moveBack: [["["], "Move to the group before"],
  moveOn: [["]"], "Move to the next group"],
  cover: [["c"], "Make first picture"],
  aside: [["delete", "backspace"], "Set aside (nothing is deleted)"],
  sameItem: [["y"], "Possible match: one item"],
  otherItem: [["o"], "Possible match: two items"],
  undo: [["ctrl+z"], "Undo"],
  redo: [["ctrl+shift+z", "ctrl+y"], "Redo"],
  focus: [["f"], "One group at a time"],
  inspector: [["i"], "Why together"],
  filter: [["/"], "Find a group"],
  acceptSure: [["shift+a"], "Accept all sure"],
  escape: [["escape"], "Close, then choose nothing"],
};

const stored = () => {
  try { return JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { return {}; }
};

export const keysOf = (action) => stored()[action] ?? TABLE[action][0];

export function setKeys(own) {
  try { localStorage.setItem(STORE, JSON.stringify(own)); } catch { /* they hold for this page only */ }
}

// `actions` maps each action to what it does.
export function wire(actions) {
  window.carousel.keys.add(Object.entries(TABLE).map(([action, [, label]]) => ({ keys: keysOf(action), label, run: actions[action] })));
}

// The two actions that want the same key, or null.
export function clash(own) {
  const seen = new Map(window.carousel.keys.table.filter((entry) => entry.label === "Show the keys").flatMap((entry) => entry.keys.map((key) => [key, "keys"])));
  for (const action of Object.keys(TABLE)) {
    for (const key of own[action] ?? TABLE[action][0]) {
      if (seen.has(key)) return [seen.get(key), action];
      seen.set(key, action);
    }
  }
  return null;
}
