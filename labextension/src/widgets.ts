/**
 * Sanitise the HTML that ipywidgets put into the page, like any other HTML.
 *
 * A widget's state names its view class, independently of its model class. So this module checks
 * the view class, for all widgets of a notebook, before the first one is made.
 */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

export const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** Views that put a text into their `content` as HTML (@jupyter-widgets/controls). */
const HTML = ['HTMLView', 'HTMLMathView'];
/** Marks a description as HTML; ipywidgets doesn't sanitise text between dollar signs. */
const DESCRIPTION = 'description_allow_html';

type Class<T> = new (...args: never[]) => T;
type Model = Class<{ get(name: string): unknown }>;
type View = Class<{ content?: HTMLElement; update(...args: unknown[]): unknown }>;

interface IManager {
  loadClass(name: string, module: string, version: string): Promise<unknown>;
}

/** The used part of the widget renderer (@jupyter-widgets/jupyterlab-manager). */
interface IWidgetRenderer {
  readonly _manager?: { readonly promise: Promise<IManager> };
}

const guarded = new WeakSet<IManager>();

function isModel(found: unknown): found is Model {
  const { get, set } = (found as { prototype?: Partial<Map<string, unknown>> })?.prototype ?? {};
  return typeof get === 'function' && typeof set === 'function';
}

/** Make an element sanitise all HTML that is set on it. */
function seal(node: HTMLElement, sanitizer: IRenderMime.ISanitizer): void {
  const { get, set } = Object.getOwnPropertyDescriptor(
    Element.prototype,
    'innerHTML'
  ) as Required<PropertyDescriptor>;
  Object.defineProperty(node, 'innerHTML', {
    configurable: true,
    get: () => get.call(node),
    set: (dirty: unknown) => set.call(node, sanitizer.sanitize(String(dirty ?? '')))
  });
}

/** Return a model class whose descriptions are never HTML. */
function plain(model: Model): Model {
  return class extends model {
    override get(name: string): unknown {
      return name === DESCRIPTION ? false : super.get(name);
    }
  };
}

/** Return a view class that sanitises the HTML of its content. */
function clean(view: View, sanitizer: IRenderMime.ISanitizer): View {
  return class extends view {
    override update(...args: unknown[]): unknown {
      if (this.content && !Object.hasOwn(this.content, 'innerHTML')) {
        seal(this.content, sanitizer);
      }
      return super.update(...args);
    }
  };
}

/**
 * Make the widgets of a notebook sanitise their HTML.
 *
 * @param renderer - a widget renderer; it gets the notebook's manager later.
 * @param sanitizer - JupyterLab's sanitizer.
 */
export function guard(renderer: IRenderMime.IRenderer, sanitizer: IRenderMime.ISanitizer): void {
  void (renderer as IWidgetRenderer)._manager?.promise.then((manager) => {
    if (guarded.has(manager)) {
      return;
    }
    guarded.add(manager);
    const load = manager.loadClass;
    const known = new Map<unknown, unknown>();
    manager.loadClass = async (name, module, version) => {
      const found = await load.call(manager, name, module, version);
      let made = known.get(found);
      if (made === undefined) {
        const cleaned = HTML.includes(name) ? clean(found as View, sanitizer) : found;
        made = isModel(found) ? plain(found) : cleaned;
        known.set(found, made);
      }
      return made;
    };
  });
}
