using Apache.Arrow;
using Grid.Client;
using Grid.Silo;

namespace Grid.Sql.Tests;

/// <summary>A real Grid in this process, on a directory of its own, and SQL over it; shared by the tests of a class.</summary>
public sealed class SqlGrid : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-sql-tests");
    private GridHost? _host;

    public GridClient Client { get; private set; } = null!;

    public GridSql Sql { get; private set; } = null!;

    public string this[string name] => Path.Combine(_directory.FullName, name);

    public async Task InitializeAsync()
    {
        _host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = this["data"] });
        Client = _host.Client;
        Sql = GridSql.Open(Client);
        await Client.CreateDatabaseAsync("air");
    }

    public async Task DisposeAsync()
    {
        await Sql.DisposeAsync();
        await _host!.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    /// <summary>A result's rows as text: values joined by '|', null as a dash.</summary>
    public static async Task<List<string>> RowsAsync(GridSql sql, string statement, params object?[] parameters)
    {
        var rows = new List<string>();
        await foreach (var row in sql.QueryRowsAsync(statement, parameters))
            rows.Add(string.Join('|', Enumerable.Range(0, row.Count).Select(i => Convert.ToString(row[i], System.Globalization.CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : row[i] is null ? "-" : "")));
        return rows;
    }

    public Task<List<string>> RowsAsync(string statement, params object?[] parameters) => RowsAsync(Sql, statement, parameters);
}
