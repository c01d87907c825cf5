// Grid in an ASP.NET service: the service is the node. Clients of other processes reach it at 127.0.0.1:30000, see the Worker sample.
using Grid.Client;
using Grid.Samples.WebService;
using Grid.Silo;

var builder = WebApplication.CreateBuilder(args);
builder.Configuration["Grid:DataDirectory"] ??= Path.Combine(Path.GetTempPath(), "grid-webservice");
builder.UseOrleans(silo => silo
    .UseLocalhostClustering()
    .AddGrid(builder.Configuration)
    .AddGridTelemetry(builder.Configuration));
builder.Services.AddSingleton<OrderTable>();

var application = builder.Build();

application.MapPut("/orders/{id:long}", async (long id, OrderBody body, OrderTable orders, CancellationToken cancellationToken) =>
{
    var table = await orders.OpenAsync(cancellationToken);
    await table.UpsertAsync(new Order(id, body.Customer, body.Amount, DateTimeOffset.UtcNow), cancellationToken);
    return Results.NoContent();
});

application.MapGet("/orders/{id:long}", async (long id, OrderTable orders, CancellationToken cancellationToken) =>
    await (await orders.OpenAsync(cancellationToken)).LookupAsync(id, cancellationToken) is { } order ? Results.Ok(order) : Results.NotFound());

application.MapDelete("/orders/{id:long}", async (long id, OrderTable orders, CancellationToken cancellationToken) =>
{
    await (await orders.OpenAsync(cancellationToken)).DeleteByKeyAsync(id, cancellationToken);
    return Results.NoContent();
});

// Rows stream out as they are read.
application.MapGet("/orders", async (OrderTable orders, decimal? above, CancellationToken cancellationToken) =>
{
    var table = await orders.OpenAsync(cancellationToken);
    return Results.Ok(table.ScanAsync(new ScanOptions { Where = above is { } amount ? FormattableString.Invariant($"amount > {amount}") : null }, cancellationToken));
});

await application.RunAsync();
