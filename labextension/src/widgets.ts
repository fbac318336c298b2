/** What ipywidgets put into the page as HTML is sanitised first, as any other HTML is. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

export const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** Models whose `value` is HTML. */
const HTML = ['HTMLModel', 'HTMLMathModel'];

type Model = new (...args: never[]) => { get(name: string): unknown };

interface IManager {
  loadClass(name: string, module: string, version: string): Promise<unknown>;
}

/** What is needed of the renderer of widgets (@jupyter-widgets/jupyterlab-manager). */
interface IWidgetRenderer {
  readonly _manager?: { readonly promise: Promise<IManager> };
}

const guarded = new WeakSet<IManager>();

function clean(model: Model, html: boolean, sanitizer: IRenderMime.ISanitizer): Model {
  return class extends model {
    override get(name: string): unknown {
      if (name === 'description_allow_html') {
        return false;
      }
      const found = super.get(name);
      return html && name === 'value' && typeof found === 'string'
        ? sanitizer.sanitize(found)
        : found;
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
    const known = new Map<unknown, Model>();
    manager.loadClass = async (name, module, version) => {
      const found = await load.call(manager, name, module, version);
      if (!name.endsWith('Model') || typeof found !== 'function') {
        return found;
      }
      const made = known.get(found) ?? clean(found as Model, HTML.includes(name), sanitizer);
      known.set(found, made);
      return made;
    };
  });
}
