import { Avatar } from "./avatar.tsx";
import { Icon } from "./icons.tsx";
import { personName } from "./naming.ts";
import { words } from "./preferences.ts";
import { actAs, info, me, world } from "./state.ts";

/** Whom the person at the keyboard plays. */
export function People() {
  const say = words.value;
  const users = world.value?.users ?? [];
  const owner = info.value?.owner ?? undefined;
  return (
    <section class="border-b border-base-300 p-3" aria-labelledby="act-as">
      <h2 id="act-as" class="mb-2 px-1 text-xs font-medium text-base-content/70">
        {say.actAs}
      </h2>
      <div class="grid grid-cols-4 gap-1" role="radiogroup" aria-labelledby="act-as">
        {users.map(({ id, name }) => (
          <label
            key={id}
            class="relative flex cursor-pointer flex-col items-center gap-1 rounded-field px-1 pt-2 pb-1 hover:bg-base-200 has-checked:bg-primary/10 has-focus-visible:outline-2 has-focus-visible:outline-primary"
          >
            <input
              type="radio"
              name="act-as"
              class="sr-only"
              checked={me.value === id}
              onChange={() => actAs(id)}
              aria-label={id === owner ? `${name} (${say.owner})` : name}
            />
            <Avatar of={id} name={name} />
            <span class={`max-w-full truncate text-xs ${me.value === id ? "font-semibold" : ""}`}>{name}</span>
            {id === owner && (
              <span class="absolute top-0 right-0 whitespace-nowrap rounded-full border border-base-100 bg-warning px-1.5 text-[0.625rem] leading-3.5 text-warning-content">
                {say.owner}
              </span>
            )}
          </label>
        ))}
      </div>
      {owner && (
        <p class="mt-2 flex gap-1.5 px-1 text-xs leading-relaxed text-base-content/70">
          <Icon name="shield" class="mt-0.5 size-3.5" />
          <span>{say.ownerNote(personName(owner))}</span>
        </p>
      )}
    </section>
  );
}
