// Which of many marks reach into what is shown, found without looking at each.

const BLOCK = 64;

class Spans {
  /** @param {Store} store @param {number[]} marks in order of time */
  constructor(store, marks) {
    this.marks = marks;
    /** From when to when the marks of each block may have been. @type {[number, number][]} */
    this.blocks = [];
    /** The same of each mark. @type {[number, number][]} */
    this.spans = marks.map((at) => {
      const mark = store.marks[at];
      return [mark.early === null ? -Infinity : mark.at - mark.early, Math.max(store.endOf(mark), mark.at + mark.late)];
    });
    for (let first = 0; first < marks.length; first += BLOCK) {
      const block = this.spans.slice(first, first + BLOCK);
      this.blocks.push([Math.min(...block.map((one) => one[0])), Math.max(...block.map((one) => one[1]))]);
    }
  }

  /** The marks that were, or may have been, between two times. @param {number} from @param {number} to @returns {number[]} */
  within(from, to) {
    const found = [];
    this.blocks.forEach(([first, last], number) => {
      if (first > to || last < from) return;
      const end = Math.min(this.marks.length, (number + 1) * BLOCK);
      for (let place = number * BLOCK; place < end; place += 1) {
        if (this.spans[place][0] <= to && this.spans[place][1] >= from) found.push(this.marks[place]);
      }
    });
    return found;
  }
}
