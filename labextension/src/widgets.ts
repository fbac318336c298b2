/**
 * What ipywidgets put into the page as HTML is sanitised first, as any other HTML is.
 *
 * A widget's state says by what class it is shown, whatever its model's class is: so it goes by the
 * class that shows, for all widgets of a notebook, from before the first of them is made.
 */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

export const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** Views that put a text into their `content` as HTML (@jupyter-widgets/controls). */
const HTML = ['HTMLView', 'HTMLMathView'];
/** Says that a description is HTML, of which ipywidgets leaves what is between dollar signs. */
const DESCRIPTION = 'description_allow_html';

type Class<T> = new (...args: never[]) => T;
type Model = Class<{ get(name: string): unknown }>;
type View = Class<{ content?: HTMLElement; update(...args: unknown[]): unknown }>;

interface IManager {
  loadClass(name: string, module: string, version: string): Promise<unknown>;
}

/** What is needed of the renderer of widgets (@jupyter-widgets/jupyterlab-manager). */
interface IWidgetRenderer {
  readonly _manager?: { readonly promise: Promise<IManager> };
}

const guarded = new WeakSet<IManager>();

function isModel(found: unknown): found is Model {
  const { get, set } = (found as { prototype?: Partial<Map<string, unknown>> })?.prototype ?? {};
  return typeof get === 'function' && typeof set === 'function';
}

/** Have an element take no HTML but what is sanitised, whoever sets it. */
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

function plain(model: Model): Model {
  return class extends model {
    override get(name: string): unknown {
      return name === DESCRIPTION ? false : super.get(name);
    }
  };
}

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
 * Have the widgets of a notebook clean what they show.
 *
 * @param renderer - of a widget; it knows the notebook's manager once there is one.
 * @param sanitizer - of JupyterLab.
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
