using System.Net;
using System.Text;
using System.Text.Json;
using Grid.Client;
using Grid.Silo.Iceberg;
using Grid.Silo.Serving;
using Grid.Testing;

namespace Grid.Silo.Tests.Iceberg;

/// <summary>Each route against the shapes of Iceberg's REST catalog spec.</summary>
public sealed class IcebergCatalogTests(ServedLake lake) : IClassFixture<ServedLake>
{
    [Fact]
    public async Task The_configuration_lists_what_is_served_and_all_of_that_is()
    {
        var config = await lake.GetAsync("v1/config?warehouse=anything");

        Assert.Equal(["defaults", "overrides", "endpoints"], config.EnumerateObject().Select(field => field.Name));
        Assert.Empty(config.GetProperty("defaults").EnumerateObject());
        Assert.Equal(new Uri(lake.Warehouse).AbsoluteUri, config.GetProperty("overrides").GetProperty("warehouse").GetString());
        var endpoints = config.GetProperty("endpoints").EnumerateArray().Select(endpoint => endpoint.GetString()!.Split(' ')).ToList();
        Assert.NotEmpty(endpoints);
        foreach (var endpoint in endpoints)
        {
            Assert.StartsWith("/v1/{prefix}/", endpoint[1], StringComparison.Ordinal);
            var path = endpoint[1].Replace("{prefix}/", "", StringComparison.Ordinal).Replace("{namespace}", "air", StringComparison.Ordinal).Replace("{table}", "events", StringComparison.Ordinal);
            var (status, body) = await lake.CallAsync(new HttpMethod(endpoint[0]), path[1..]);
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{string.Join(' ', endpoint)} answers {status}: {body}");
        }
    }

    [Fact]
    public async Task Databases_are_namespaces_of_one_level()
    {
        var all = await lake.GetAsync("v1/namespaces");

        Assert.Equal(JsonValueKind.Null, all.GetProperty("next-page-token").ValueKind);
        Assert.Equal("[[\"air\"],[\"sea\"]]", all.GetProperty("namespaces").GetRawText());
        Assert.Equal("[[\"air\"],[\"sea\"]]", (await lake.GetAsync("v1/namespaces?parent=")).GetProperty("namespaces").GetRawText());
        Assert.Equal("[]", (await lake.GetAsync("v1/namespaces?parent=air")).GetProperty("namespaces").GetRawText());
        await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces?parent=land", HttpStatusCode.NotFound, "NoSuchNamespaceException");
        await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces?parent=air%1Fx", HttpStatusCode.NotFound, "NoSuchNamespaceException");

        var one = await lake.GetAsync("v1/namespaces/air");
        Assert.Equal("[\"air\"]", one.GetProperty("namespace").GetRawText());
        Assert.Equal("{}", one.GetProperty("properties").GetRawText());
        Assert.Equal((HttpStatusCode.NoContent, ""), await lake.CallAsync(HttpMethod.Head, "v1/namespaces/air"));
        Assert.Equal((HttpStatusCode.NotFound, ""), await lake.CallAsync(HttpMethod.Head, "v1/namespaces/land"));
    }

    [Fact]
    public async Task Tables_that_load_are_listed_and_views_there_are_none()
    {
        var tables = await lake.GetAsync("v1/namespaces/air/tables");

        Assert.Equal(JsonValueKind.Null, tables.GetProperty("next-page-token").ValueKind);
        Assert.Equal("[{\"namespace\":[\"air\"],\"name\":\"events\"},{\"namespace\":[\"air\"],\"name\":\"more\"}]", tables.GetProperty("identifiers").GetRawText());
        Assert.Equal("[]", (await lake.GetAsync("v1/namespaces/sea/tables")).GetProperty("identifiers").GetRawText());
        Assert.Equal("[]", (await lake.GetAsync("v1/namespaces/air/views")).GetProperty("identifiers").GetRawText());
        await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/land/tables", HttpStatusCode.NotFound, "NoSuchNamespaceException");
        await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/land/views", HttpStatusCode.NotFound, "NoSuchNamespaceException");
        await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/air/views/events", HttpStatusCode.NotFound, "NoSuchViewException");
    }

    [Theory]
    [InlineData("v1/namespaces/air/tables", "identifiers", 2)]
    [InlineData("v1/namespaces", "namespaces", 2)]
    public async Task Who_sends_a_page_token_gets_pages(string path, string field, int count)
    {
        var names = new List<string>();
        var token = "";
        do
        {
            var page = await lake.GetAsync($"{path}?pageToken={token}&pageSize=1");
            Assert.InRange(page.GetProperty(field).GetArrayLength(), 0, 1);
            names.AddRange(page.GetProperty(field).EnumerateArray().Select(name => name.GetRawText()));
            token = page.GetProperty("next-page-token").GetString();
        }
        while (token is not null);

        Assert.Equal(count, names.Count);
        Assert.Equal((await lake.GetAsync(path)).GetProperty(field).EnumerateArray().Select(name => name.GetRawText()), names);
        Assert.Equal(count, (await lake.GetAsync($"{path}?pageSize=1")).GetProperty(field).GetArrayLength());
        Assert.Equal(count, (await lake.GetAsync($"{path}?pageToken=")).GetProperty(field).GetArrayLength());
    }

    [Theory]
    [InlineData("pageToken=&pageSize=0", "pageSize is '0'")]
    [InlineData("pageToken=&pageSize=many", "pageSize is 'many'")]
    [InlineData("pageToken=%2E%2E%2F", "pageToken is '../'")]
    public async Task A_page_that_there_cannot_be_is_refused(string query, string message)
    {
        foreach (var path in new[] { "v1/namespaces", "v1/namespaces/air/tables" })
            Assert.Contains(message, await lake.RefusedAsync(HttpMethod.Get, $"{path}?{query}", HttpStatusCode.BadRequest, "BadRequestException"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_is_loaded_with_its_metadata_as_the_file_has_it_byte_for_byte()
    {
        var table = await lake.GetAsync("v1/namespaces/air/tables/events");
        var location = table.GetProperty("metadata-location").GetString()!;
        var (_, body) = await lake.CallAsync(HttpMethod.Get, "v1/namespaces/air/tables/events");

        Assert.Equal(["metadata-location", "metadata", "config"], table.EnumerateObject().Select(field => field.Name));
        Assert.StartsWith(new Uri(lake.Warehouse).AbsoluteUri + "/air/events-", location, StringComparison.Ordinal);
        Assert.Contains($"\"metadata\":{await File.ReadAllTextAsync(new Uri(location).LocalPath)},\"config\":{{}}}}", body, StringComparison.Ordinal);
        Assert.Equal(2, table.GetProperty("metadata").GetProperty("format-version").GetInt32());
        Assert.Equal((HttpStatusCode.NoContent, ""), await lake.CallAsync(HttpMethod.Head, "v1/namespaces/air/tables/events"));
        Assert.Equal((HttpStatusCode.NotFound, ""), await lake.CallAsync(HttpMethod.Head, "v1/namespaces/air/tables/empty"));
    }

    [Fact]
    public async Task Only_referenced_snapshots_are_sent_where_that_is_asked_for()
    {
        var all = (await lake.GetAsync("v1/namespaces/air/tables/events?snapshots=all")).GetProperty("metadata");
        var referenced = (await lake.GetAsync("v1/namespaces/air/tables/events?snapshots=refs")).GetProperty("metadata");

        Assert.True(all.GetProperty("snapshots").GetArrayLength() >= 2, "There were two rounds.");
        Assert.Equal(all.GetProperty("current-snapshot-id").GetInt64(), Assert.Single(referenced.GetProperty("snapshots").EnumerateArray().ToArray()).GetProperty("snapshot-id").GetInt64());
        Assert.Equal(all.EnumerateObject().Select(field => field.Name), referenced.EnumerateObject().Select(field => field.Name));
        foreach (var field in all.EnumerateObject().Where(field => field.Name != "snapshots"))
            Assert.True(JsonElement.DeepEquals(field.Value, referenced.GetProperty(field.Name)), field.Name);
        Assert.Contains("'some'", await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/air/tables/events?snapshots=some", HttpStatusCode.BadRequest, "BadRequestException"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_has_not_changed_is_not_sent_again()
    {
        var path = new Uri(lake.Address, "v1/namespaces/air/tables/more");
        using var first = await lake.Http.GetAsync(path);
        using var again = await AskAsync(path);
        using var referenced = await AskAsync(new Uri(path + "?snapshots=refs"));
        await using (var table = await lake.Client.OpenTableAsync<ServedLake.Flight>("air.more"))
        {
            await table.AppendAsync(ServedLake.Flights(1, 1));
            await table.Untyped.FlushLakeAsync();
        }

        using var changed = await AskAsync(path);

        Assert.NotNull(first.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(HttpStatusCode.OK, referenced.StatusCode);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.NotEqual(first.Headers.ETag, changed.Headers.ETag);

        async Task<HttpResponseMessage> AskAsync(Uri uri)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            return await lake.Http.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("v1/namespaces/air/tables/none", "NoSuchTableException", "There is no table air.none")]
    [InlineData("v1/namespaces/air/tables/plain", "NoSuchTableException", "grid table alter air.plain --lake on")]
    [InlineData("v1/namespaces/air/tables/empty", "NoSuchTableException", "grid lake flush air.empty")]
    [InlineData("v1/namespaces/air/tables/events-1", "NoSuchTableException", "There is no table air.events-1")]
    [InlineData("v1/namespaces/air/tables/%C3%A9v%20n%22", "NoSuchTableException", "air.év n\"")]
    [InlineData("v1/namespaces/air/tables/..%2F..%2Fobjects", "NoSuchTableException", "is not a legal table name")]
    [InlineData("v1/namespaces/air%1Fevents/tables/events", "NoSuchNamespaceException", "is not a legal database name")]
    [InlineData("v1/namespaces/%2E%2E%2Fair/tables/events", "NoSuchNamespaceException", "is not a legal database name")]
    [InlineData("v1/namespaces/%2561ir/tables/events", "NoSuchNamespaceException", "'%61ir'")]
    [InlineData("v1/namespaces/land/tables/events", "NoSuchNamespaceException", "There is no database 'land'")]
    [InlineData("v1/grid/namespaces", "NotFoundException", "has no prefix")]
    [InlineData("v1/namespaces/air/tables/events/credentials", "NotFoundException", "There is no GET")]
    public async Task What_is_not_there_is_refused_with_the_reason(string path, string type, string message) =>
        Assert.Contains(message, await lake.RefusedAsync(HttpMethod.Get, path, HttpStatusCode.NotFound, type), StringComparison.Ordinal);

    [Fact]
    public async Task Escapes_that_need_not_be_are_understood() =>
        Assert.Equal("[\"air\"]", (await lake.GetAsync("v1/namespaces/%61%69r")).GetProperty("namespace").GetRawText());

    [Theory]
    [InlineData("POST", "v1/namespaces")]
    [InlineData("DELETE", "v1/namespaces/air")]
    [InlineData("POST", "v1/namespaces/air/properties")]
    [InlineData("POST", "v1/namespaces/air/tables")]
    [InlineData("POST", "v1/namespaces/air/register")]
    [InlineData("POST", "v1/namespaces/air/tables/events")]
    [InlineData("DELETE", "v1/namespaces/air/tables/events?purgeRequested=true")]
    [InlineData("POST", "v1/tables/rename")]
    [InlineData("POST", "v1/transactions/commit")]
    [InlineData("POST", "v1/namespaces/air/views")]
    [InlineData("POST", "v1/namespaces/air/views/v")]
    [InlineData("DELETE", "v1/namespaces/air/views/v")]
    [InlineData("POST", "v1/views/rename")]
    [InlineData("POST", "v1/grid/namespaces/air/tables")]
    [InlineData("PUT", "v1/config")]
    public async Task Whoever_would_write_is_told_that_the_grid_does(string method, string path)
    {
        var message = await lake.RefusedAsync(new HttpMethod(method), path, HttpStatusCode.Forbidden, "NotAuthorizedException");

        Assert.Contains("the grid writes its lake tables itself", message, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NoContent, ""), await lake.CallAsync(HttpMethod.Head, "v1/namespaces/air/tables/events"));
    }

    [Fact]
    public async Task Reports_are_taken_and_plans_and_tokens_are_not_given()
    {
        Assert.Equal((HttpStatusCode.NoContent, ""), await lake.CallAsync(HttpMethod.Post, "v1/namespaces/air/tables/events/metrics"));
        await lake.RefusedAsync(HttpMethod.Post, "v1/namespaces/air/tables/events/plan", HttpStatusCode.NotAcceptable, "UnsupportedOperationException");
        await lake.RefusedAsync(HttpMethod.Post, "v1/namespaces/air/tables/events/tasks", HttpStatusCode.NotAcceptable, "UnsupportedOperationException");
        var (status, body) = await lake.CallAsync(HttpMethod.Post, "v1/oauth/tokens");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(["error", "error_description"], JsonDocument.Parse(body).RootElement.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task A_table_is_there_from_its_first_round_to_its_drop()
    {
        await using var table = await lake.CreateAsync("zebra");
        await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/air/tables/zebra", HttpStatusCode.NotFound, "NoSuchTableException");
        await table.AppendAsync(ServedLake.Flights(0, 5));
        await table.Untyped.FlushLakeAsync();
        Assert.Contains("zebra", (await lake.GetAsync("v1/namespaces/air/tables?pageToken=more")).GetRawText(), StringComparison.Ordinal);
        await lake.GetAsync("v1/namespaces/air/tables/zebra");

        await lake.Client.DropTableAsync("air.zebra");

        Assert.Contains("There is no table air.zebra", await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/air/tables/zebra", HttpStatusCode.NotFound, "NoSuchTableException"), StringComparison.Ordinal);
        Assert.Equal("[]", (await lake.GetAsync("v1/namespaces/air/tables?pageToken=zebra")).GetProperty("identifiers").GetRawText());
        Assert.DoesNotContain("zebra", (await lake.GetAsync("v1/namespaces/air/tables?pageToken=more")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_that_is_damaged_is_an_error_of_the_server_that_names_the_problem()
    {
        await using var table = await lake.CreateAsync("broken");
        await table.AppendAsync(ServedLake.Flights(0, 5));
        var status = await table.Untyped.FlushLakeAsync();
        var next = Path.Combine(new Uri(status.Location!).LocalPath, "metadata", $"v{status.Version + 1}.metadata.json");
        await File.WriteAllTextAsync(next, "{\"format-version\": 2", Encoding.UTF8);

        var message = await lake.RefusedAsync(HttpMethod.Get, "v1/namespaces/air/tables/broken", HttpStatusCode.InternalServerError, "InternalServerError");

        Assert.Contains("damaged", message, StringComparison.Ordinal);
        File.Delete(next);
        await lake.Client.DropTableAsync("air.broken");
    }

    [Fact]
    public async Task Switched_off_there_is_no_catalog()
    {
        using var directory = new TestDirectory();
        await using var server = await ServedLake.StartAsync(directory["data"], FreePorts.Take(), ("Grid:Iceberg", "false"));
        using var http = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };

        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(GridServer.LivePath, UriKind.Relative)));
        using var answer = await http.GetAsync(new Uri(IcebergRoutes.ConfigPath, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
