using Grid.Abstractions;

namespace Grid.Silo.Tests.Hosting;

public sealed class GridSiloOptionsValidatorTests
{
    [Fact]
    public void The_defaults_need_only_a_directory()
    {
        using var directory = new TestDirectory();

        Assert.True(Validate(new GridSiloOptions { DataDirectory = directory["new/one"] }).Succeeded);
        Assert.True(Directory.Exists(directory["new/one"]));
    }

    [Fact]
    public void No_directory_is_refused_with_the_ways_to_set_it() =>
        Assert.Contains("GRID__DATADIRECTORY", Validate(new GridSiloOptions()).FailureMessage, StringComparison.Ordinal);

    [Fact]
    public void A_file_in_place_of_the_directory_is_refused()
    {
        using var directory = new TestDirectory();
        File.WriteAllText(directory["file"], "");

        Assert.Contains(directory["file"], Validate(new GridSiloOptions { DataDirectory = directory["file"] }).FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_illegal_setting_is_named()
    {
        using var directory = new TestDirectory();
        var result = Validate(new GridSiloOptions
        {
            DataDirectory = directory.Path,
            Flush = FlushPolicy.Default,
            BlockCacheBytes = -1,
            WriteBufferBytes = 0,
            OpenBucketsMax = 0,
            BytesInFlightMax = 1,
            BucketIdle = TimeSpan.Zero,
            LakeCompactionFiles = 1,
            LakeCompactionGrowth = 1,
            DataPort = -2,
            DataPortListen = "here",
        });

        string[] settings = ["Grid:Flush", "Grid:BlockCacheBytes", "Grid:WriteBufferBytes", "Grid:OpenBucketsMax", "Grid:BytesInFlightMax", "Grid:BucketIdle", "Grid:DataPort", "Grid:DataPortListen", "Grid:LakeCompactionFiles", "Grid:LakeCompactionGrowth"];
        Assert.Equal(settings.Length, result.Failures!.Count());
        Assert.All(settings.Zip(result.Failures!), pair => Assert.StartsWith(pair.First + " is ", pair.Second, StringComparison.Ordinal));
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(GridSiloOptions options) => new GridSiloOptionsValidator().Validate(null, options);
}
