// A gateway that has read Gemini's list of models.
import { startGateway, type TestGateway } from "../../support/gateway.ts";

/** With the list known, a retired id leads to a listed model and a listed one is never replaced, whatever the date of the test. */
export async function startInformedGateway(environment?: Record<string, string>): Promise<TestGateway> {
  const gateway = await startGateway(environment);
  await gateway.get("/gemini/v1/models");
  return gateway;
}
