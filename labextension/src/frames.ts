/**
 * Show outputs in frames if they need a script, or have HTML that sanitising would change.
 *
 * Each output has its own frame. But outputs share one if the script of one looks for an element of
 * another, as bokeh's do. Each frame also loads the libraries of the cells above.
 */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { type Message, MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { Frame, type IItem } from './frame';
import { idsOf, isPlain, wordsOf } from './html';
import { HTML, type ILibrary, LOADS, libraries, piece, SCRIPTS } from './libraries';

/** Types of bokeh and holoviews whose script fills the element of an earlier output. */
const FILLS = ['application/vnd.bokehjs_exec.v0+json', 'application/vnd.holoviews_exec.v0+json'];
const VEGA_5 = 'application/vnd.vegalite.v5+json';
const VEGA_6 = 'application/vnd.vegalite.v6+json';
const AREA = '.jp-OutputArea';
const SHOWN = 'classroom-Framed';

/** The types that are always shown in a frame. */
export const FRAMED: readonly string[] = [...SCRIPTS, ...LOADS, ...FILLS];

let made = 0;

/** An output that may need a frame. */
class Output {
  /**
   * @param widget - the output's widget in the page.
   * @param render - shows it in the page, sanitised; null if the output always needs a frame.
   */
  constructor(
    readonly widget: Widget,
    private readonly type: string,
    private readonly sanitizer: IRenderMime.ISanitizer,
    private readonly render: ((model: IRenderMime.IMimeModel) => Promise<void>) | null
  ) {
    outputs.set(widget.node, this);
    widget.node.classList.add(SHOWN);
    MessageLoop.installMessageHook(widget, (_, message: Message) => {
      if (message.type === 'after-attach' || message.type === 'before-detach') {
        arrangeSoon(this.area);
      }
      return true;
    });
    widget.disposed.connect(() => this.leave());
  }

  get area(): HTMLElement {
    return this.widget.node.closest<HTMLElement>(AREA) ?? this.widget.node;
  }

  /** Whether the output needs a frame. */
  needed = false;
  html = '';
  script = '';

  /** Take a new model, decide whether it needs a frame, and show it. */
  async take(model: IRenderMime.IMimeModel): Promise<void> {
    const { html, script } = piece(model.data);
    this.html = this.type === HTML || FILLS.includes(this.type) ? html : '';
    this.script = this.type === HTML ? '' : script;
    this.model = model;
    this.needed = this.render === null || !isPlain(this.html, this.sanitizer);
    this.id = `output ${made++}`;
    this.drawn = false;
    this.knownIds = this.knownWords = null;
    if (this.widget.isAttached) {
      arrangeSoon(this.area);
    } else if (!this.needed) {
      await this.draw();
    }
  }

  /** The ids of the output's elements. */
  get ids(): readonly string[] {
    this.knownIds ??= idsOf(this.html);
    return this.knownIds;
  }

  /** The words by which its script may refer to elements of other outputs. */
  get words(): ReadonlySet<string> {
    this.knownWords ??= wordsOf(this.script, this.html);
    return this.knownWords;
  }

  get item(): IItem {
    return { id: this.id, html: this.html, script: this.script };
  }

  /** Show the output in the page (null), in a frame with these items, or not at all (no items). */
  async settle(items: readonly IItem[] | null): Promise<void> {
    if (items === null) {
      this.frame?.dispose();
      this.frame = null;
      await this.draw();
      return;
    }
    this.drawn = false;
    if (!items.length) {
      this.frame?.dispose();
      this.frame = null;
      this.widget.node.textContent = '';
    } else if (this.frame) {
      this.frame.show(items);
    } else {
      this.widget.node.textContent = '';
      this.frame = new Frame(this.widget.node, items);
    }
  }

  private async draw(): Promise<void> {
    if (!this.drawn && this.render && this.model) {
      this.drawn = true;
      await this.render(this.model);
    }
  }

  private leave(): void {
    this.frame?.dispose();
    this.frame = null;
    outputs.delete(this.widget.node);
  }

  private id = '';
  private knownIds: string[] | null = null;
  private knownWords: ReadonlySet<string> | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private drawn = false;
  private frame: Frame | null = null;
}

const outputs = new Map<HTMLElement, Output>();

/** Decide for each output of a cell where it is shown, and put dependent outputs into one frame. */
function arrange(area: HTMLElement): void {
  const nodes = area.matches(AREA) ? [...area.querySelectorAll<HTMLElement>(`.${SHOWN}`)] : [area];
  const here = nodes
    .map((node) => outputs.get(node))
    .filter((one): one is Output => one?.widget.isAttached === true);
  const groups: Output[][] = [];
  const owners = new Map<string, Output[]>();
  for (const output of here) {
    const group = output.needed && owners.size ? ownerOf(output.words, owners) : undefined;
    if (group) {
      group.push(output);
    } else {
      groups.push([output]);
    }
    const joined = group ?? (groups.at(-1) as Output[]);
    for (const id of output.ids) {
      owners.set(id, owners.get(id) ?? joined);
    }
  }
  let loaded: readonly ILibrary[] | undefined;
  for (const [first, ...others] of groups as [Output, ...Output[]][]) {
    let all: IItem[] | null = null;
    if (first.needed || others.length > 0) {
      loaded ??= libraries(area);
      const own = new Set([first, ...others].map((one) => one.html + one.script));
      const needed = loaded.filter(({ code }) => !own.has(code));
      all = [
        ...needed.map((one, at) => ({ id: `library ${at}`, ...one.loaded, library: true })),
        ...[first, ...others].map((one) => one.item)
      ];
    }
    void first.settle(all).catch(console.warn);
    for (const other of others) {
      void other.settle([]);
    }
  }
}

/** Find the first group with an element that one of these words names. */
function ownerOf(
  words: ReadonlySet<string>,
  owners: ReadonlyMap<string, Output[]>
): Output[] | undefined {
  for (const [id, owner] of owners) {
    if (words.has(id)) {
      return owner;
    }
  }
  return undefined;
}

const waiting = new Set<HTMLElement>();

/** Arrange a cell's outputs soon, once for all changes until then. */
function arrangeSoon(area: HTMLElement): void {
  if (!waiting.has(area)) {
    waiting.add(area);
    window.queueMicrotask(() => {
      waiting.delete(area);
      arrange(area);
    });
  }
}

/**
 * Make a renderer for a type that uses frames where necessary.
 *
 * @param type - the output's MIME type.
 * @param sanitizer - JupyterLab's sanitizer.
 * @param plain - JupyterLab's renderer for outputs without a frame; null if all need a frame.
 */
export function frame(
  type: string,
  sanitizer: IRenderMime.ISanitizer,
  plain: IRenderMime.IRenderer | null
): IRenderMime.IRenderer {
  const widget = plain ?? (new Widget() as IRenderMime.IRenderer);
  const render = plain?.renderModel.bind(plain) ?? null;
  const output = new Output(widget, type, sanitizer, render);
  widget.renderModel = (model) => output.take(model);
  return widget;
}

/** Register renderers for the types that have none in JupyterLab. */
export function register(rendermime: IRenderMimeRegistry): void {
  const sanitizer = { sanitize: (dirty: string) => dirty };
  rendermime.addFactory(
    {
      safe: true,
      mimeTypes: [...FRAMED],
      createRenderer: ({ mimeType }) => frame(mimeType, sanitizer, null)
    },
    0
  );
  // The newest Altair uses a new name for the same type, unknown to JupyterLab's renderer.
  rendermime.addFactory(
    {
      safe: true,
      mimeTypes: [VEGA_6],
      createRenderer: (options) => {
        const known = rendermime.getFactory(VEGA_5);
        return known?.createRenderer(options) ?? (new Widget() as IRenderMime.IRenderer);
      }
    },
    49
  );
}
