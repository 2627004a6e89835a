// What of Apache ECharts the page of `otelsim report` uses; build.sh makes one file of it.
import { use } from "echarts/core";
import { BarChart, CustomChart, GraphChart, HeatmapChart, LineChart, TreemapChart } from "echarts/charts";
import {
  DataZoomSliderComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart,
  CustomChart,
  GraphChart,
  HeatmapChart,
  LineChart,
  TreemapChart,
  DataZoomSliderComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
  CanvasRenderer,
]);

export { init } from "echarts/core";
