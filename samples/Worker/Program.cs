// A worker that connects to a running grid ('grid serve --data DIR', or the WebService sample), writes readings and follows their averages.
using Grid.Samples.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddGridClient(builder.Configuration["Grid:Endpoint"] ?? "127.0.0.1:30000");
builder.Services.AddHostedService<ReadingWriter>();
builder.Services.AddHostedService<ReadingFollower>();
await builder.Build().RunAsync();
