using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Tests.Lake.Tables;

public sealed class LakeTableFileTests
{
    private readonly ImpatientTime _time = new();
    private readonly MemoryLake _lake;

    public LakeTableFileTests() => _lake = new MemoryLake(_time);

    [Fact]
    public async Task The_newest_metadata_file_is_read_as_it_is_also_by_one_who_knew_an_older_one()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        Assert.Equal(1, (await table.ReadFileAsync(TestTable.Identity, default))!.Version);
        // Somebody else goes on, whose hint never arrives.
        for (var i = 0; i < 5; i++)
            await TestTable.CommitAsync(TestTable.Open(_lake, _time), _lake, (0, 1));
        await _lake.PutAsync($"{TestTable.Folder}/{LakeNames.VersionHint}", "1"u8.ToArray(), default);

        foreach (var reader in new[] { table, TestTable.Open(_lake, _time) })
        {
            var file = (await reader.ReadFileAsync(TestTable.Identity, default))!;

            Assert.Equal(6, file.Version);
            Assert.Equal($"{_lake.Root}/{TestTable.Folder}/metadata/v6.metadata.json", file.Location);
            Assert.Equal(_lake.Bytes(file.Location), file.Bytes.ToArray());
            Assert.Equal((await reader.ReadAsync(default))!.Metadata.CurrentSnapshotId, file.Metadata.CurrentSnapshotId);
        }
    }

    [Fact]
    public async Task A_folder_without_a_table_has_no_metadata_file()
    {
        var table = TestTable.Open(_lake, _time);

        Assert.Null(await table.ReadFileAsync(TestTable.Identity, default));
        Assert.False(await table.ExistsAsync(default));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    [InlineData("3")]
    [InlineData("none")]
    public async Task A_table_is_there_whatever_the_hint_says(string? hint)
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        for (var i = 0; i < 3; i++)
            await TestTable.CommitAsync(table, _lake, (0, 1));
        await _lake.DeleteAsync($"{TestTable.Folder}/{LakeNames.Metadata(1)}", default);
        await _lake.DeleteAsync($"{TestTable.Folder}/{LakeNames.VersionHint}", default);
        if (hint is not null)
            await _lake.PutAsync($"{TestTable.Folder}/{LakeNames.VersionHint}", Encoding.ASCII.GetBytes(hint), default);

        Assert.True(await TestTable.Open(_lake, _time).ExistsAsync(default));
    }

    [Fact]
    public async Task The_metadata_of_another_table_is_not_given_out()
    {
        var table = await TestTable.CreateAsync(_lake, _time);

        var refusal = await Assert.ThrowsAsync<GridException>(() => table.ReadFileAsync(TestTable.Identity with { Table = new TableId(8) }, default));

        Assert.Equal(GridErrorCode.AlreadyExists, refusal.Code);
        Assert.Contains("another Grid table", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", GridErrorCode.Corrupt)]
    [InlineData("{", GridErrorCode.Corrupt)]
    [InlineData("{\"format-version\": 2}", GridErrorCode.Corrupt)]
    public async Task Bytes_that_are_no_metadata_are_not_given_out(string bytes, GridErrorCode code)
    {
        await _lake.TryCreateAsync($"{TestTable.Folder}/{LakeNames.Metadata(1)}", Encoding.UTF8.GetBytes(bytes), default);

        Assert.Equal(code, (await Assert.ThrowsAsync<GridException>(() => TestTable.Open(_lake, _time).ReadFileAsync(TestTable.Identity, default))).Code);
    }

    [Fact]
    public async Task A_metadata_file_above_the_limit_is_not_read()
    {
        await _lake.TryCreateAsync($"{TestTable.Folder}/{LakeNames.Metadata(1)}", new byte[TableMetadataReader.BytesMax + 1], default);

        Assert.Equal(GridErrorCode.TooLarge, (await Assert.ThrowsAsync<GridException>(() => TestTable.Open(_lake, _time).ReadFileAsync(TestTable.Identity, default))).Code);
    }
}
