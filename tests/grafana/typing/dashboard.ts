// What a generated dashboard must be, put together from the types that Grafana publishes: each kind
// of panel with the options and field settings of its own, and nothing besides. The package has no
// type for InfluxQL queries; theirs stands here.

import type { DataQuery, DataSourceRef, Panel, RowPanel, Dashboard as Whole } from "@grafana/schema";
import type { FieldConfig as Standard } from "@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen";
import type { Options as BarGaugeOptions } from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  FieldConfig as TimelineField,
  Options as TimelineOptions,
} from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type {
  FieldConfig as TableField,
  Options as TableOptions,
} from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type {
  FieldConfig as CurveField,
  Options as CurveOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** The same type as JSON writes it: a member of an enum is its value. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer N extends number}`
      ? N
      : never
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

type Source = Required<Pick<DataSourceRef, "type" | "uid">> & { type: "influxdb"; uid: "simpang" };

type Query = Pick<DataQuery, "refId"> & {
  datasource: Source;
  query: string;
  rawQuery: true;
  resultFormat: "table" | "time_series";
  alias?: string;
};

type Field<Custom> = Omit<Standard, "custom"> & { custom?: Custom };

/** A property of an override: one of every field, or one of this kind of panel. */
type Property<Custom> =
  | { [K in keyof Field<Custom>]-?: { id: K; value: NonNullable<Field<Custom>[K]> } }[keyof Field<Custom>]
  | {
      [K in keyof Custom & string]-?: { id: `custom.${K}`; value: NonNullable<Custom[K]> };
    }[keyof Custom & string];

type Kind<Type extends string, Options, Custom> = Omit<
  Panel,
  "type" | "options" | "fieldConfig" | "targets" | "datasource" | "gridPos" | "id" | "title"
> &
  Required<Pick<Panel, "gridPos" | "id" | "title">> & {
    type: Type;
    options: Options;
    datasource: Source;
    targets: Query[];
    fieldConfig: {
      defaults: Field<Custom>;
      overrides: {
        matcher: { id: "byName" | "byRegexp" | "byFrameRefID"; options: string };
        properties: Property<Custom>[];
      }[];
    };
  };

type Any =
  | Kind<"bargauge", BarGaugeOptions, Record<never, never>>
  | Kind<"stat", StatOptions, Record<never, never>>
  | Kind<"state-timeline", TimelineOptions, TimelineField>
  | Kind<"table", TableOptions, TableField>
  | Kind<"timeseries", CurveOptions, CurveField>;

type Row = Omit<RowPanel, "panels"> & { panels: Any[] };

export type Dashboard = Json<
  Omit<Whole, "panels" | "id" | "version"> &
    Required<Pick<Whole, "uid" | "title" | "schemaVersion" | "timezone">> & { panels: (Any | Row)[] }
>;
